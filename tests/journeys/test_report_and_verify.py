"""The journey of works: an owner reports with a photo, the office accepts, a verifier accepts a part, the rest stays visible.

Then a leader sees the indicator move, what is still missing of its target in 亩, and why the lamp of the project is red.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.audit import OPERATOR
from core.database import Database
from core.people import add_person, set_password
from milestones.lamp_editing import put_presets
from portfolio.grants import grant_role
from tests.browsing import PHONE
from tests.databases import on_sqlite
from tests.journeys.test_find_the_package import violations
from tests.journeys.test_paste_and_approve import sign_in
from tests.milestones.evidence_samples import WINDOWS_PROGRAM, jpeg, png
from tests.milestones.work_samples import claimed, verified
from tests.samples import PASSWORD, SOMEBODY, find_small_plan, identity
from tests.web.indicator_visits import with_indicators
from tests.web.visiting import setting

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
PROJECT = "/projects/qingshan-01/works"
AS_OF = "as_of=2024Q3"


def with_lamps(database: Database) -> None:
    """The preset rules of lamps for the small plan."""
    with database.writing() as session:
        put_presets(session, find_small_plan(session).plan, by=SOMEBODY)


sqlite_database = on_sqlite(with_indicators, with_lamps)


@pytest.fixture
def address(
    sqlite_database: Database, live_server: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The app on the small plan with forest cover: an owner and a head of the forestry bureau, the office and a leader."""
    with sqlite_database.writing() as session:
        forestry = identity(find_small_plan(session).forestry)
        people = (("li.min", "李敏", "owner", forestry), ("chen.gang", "陈刚", "head", forestry))
        others = (("wang.fang", "王芳", "office", None), ("zhao.ke", "赵可", "leader", None))
        for username, name, role, department_id in (*people, *others):
            person = add_person(session, username, name, None, by=OPERATOR)
            set_password(session, person, PASSWORD, by=person.actor)
            grant_role(session, person, role, department_id=department_id, by=OPERATOR)
    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield live_server(sqlite_database)


def plant_a_square_kilometre(database: Database) -> None:
    """Another project had 1,500 亩 verified before: entries no 1 and 2."""
    with database.writing() as session:
        verified(session, claimed(session, find_small_plan(session).sewage, "1500"), "1500")


def rolled_up(leader: Page) -> Locator:
    """What the page of an indicator says that the projects added."""
    return leader.locator(".figure").filter(has_text="推算值").locator(".figure-value")


def test_from_a_report_with_a_photo_to_the_indicator_what_is_missing_and_the_lamp(
    page: Page,
    new_page: Callable[..., Page],
    sqlite_database: Database,
    address: str,
    tmp_path: Path,
    page_problems: list[str],
):
    plant_a_square_kilometre(sqlite_database)
    # Before: 33.25 % and 1 km² of 945.8.
    leader = new_page()
    sign_in(leader, address, "zhao.ke", then=f"/indicators/qingshan/1?{AS_OF}")
    expect(rolled_up(leader)).to_have_text("33.3557 %")

    photo, program = tmp_path / "东坡.png", tmp_path / "完工.jpg"
    photo.write_bytes(png(40, 30))
    program.write_bytes(WINDOWS_PROGRAM)

    # The owner reports 800 亩; a program named as a photo is refused, and everything typed stays.
    sign_in(page, address, "li.min", then="/projects/qingshan-01")
    page.get_by_role("link", name="上报、核实和保存").click()
    expect(page.locator("figcaption").first).to_have_text("1 个指标都还没有填报")
    page.get_by_role("link", name="上报工程量").click()
    expect(page.locator("#known")).to_contain_text("任务 5,000 亩，未填报")
    page.get_by_label("本次完成数量").fill("800")
    expect(page.get_by_label("计量单位")).to_have_value("亩")
    page.get_by_label("完成日期").fill("2024-05-06")
    page.get_by_label("小班号").fill("12-3")
    page.get_by_label("完工照片").set_input_files(program)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("“完工.jpg”的内容是 Windows 程序")
    expect(page.get_by_label("本次完成数量")).to_have_value("800")
    expect(page.get_by_label("计量单位")).to_have_value("亩")
    assert violations(page) == []
    page.get_by_label("完工照片").set_input_files(photo)
    page.get_by_label("照片、文件的说明").fill("东坡造林地块")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("h1")).to_contain_text("工程量第 3 号")
    expect(page.get_by_role("img", name="东坡造林地块")).to_have_js_property("naturalWidth", 40)
    page.goto(f"{address}{PROJECT}")
    expect(page.locator(".waits")).to_contain_text("待接收 1 条")
    expect(page.get_by_role("row", name="营造林面积").first).to_contain_text("未填报")

    # Somebody else accepts it.
    office = new_page()
    sign_in(office, address, "wang.fang", then="/works/waiting")
    office.get_by_role("link", name="全选").click()
    expect(office.locator("#ticked")).to_have_text("已勾选 1 条")
    assert violations(office) == []
    office.get_by_role("button", name="接收勾选的").click()
    expect(office.locator(".alert-info")).to_contain_text("已接收 1 条")

    # A third one goes there and accepts 700 of the 800.
    verifier = new_page()
    sign_in(verifier, address, "chen.gang", then="/works/unverified")
    verifier.get_by_role("link", name="核实第 3 号").click()
    expect(verifier.get_by_label("核实合格数量")).to_have_value("800")
    verifier.get_by_label("核实合格数量").fill("700")
    verifier.get_by_label("核实日期").fill("2024-08-20")
    assert violations(verifier) == []
    verifier.get_by_role("button", name="核实", exact=True).click()
    expect(verifier.locator("h1")).to_contain_text("工程量第 4 号")
    expect(verifier.get_by_role("row", name="上报 800 亩")).to_contain_text("未核实 100")

    page.goto(f"{address}{PROJECT}")
    expect(page.locator("figcaption").first).to_have_text("营造林面积上报未核实 100 亩")
    row = page.get_by_role("row", name="营造林面积 亩 5,000")
    expect(row.locator("td.number")).to_have_text(["5,000", "800", "700", "未到检查期", "—", "100", "14.0%"])

    # The leader sees the 700 亩 on the indicator, what is still missing, and why the project is behind.
    leader.reload()
    expect(rolled_up(leader)).to_have_text("33.4051 %")
    assert violations(leader) == []
    leader.get_by_role("link", name="公式、计入和没有计入的行").click()
    expect(leader.locator(".finding")).to_have_text(
        "青山县森林覆盖率：项目全部完成只能支撑到 33.6%，还需营造林 19,827 亩"
    )
    leader.get_by_role("link", name="规划支撑度").first.click()
    expect(leader.locator(".target-bars .gap")).to_contain_text("还需营造林 19,827 亩")
    row = leader.locator("table.coverage tbody tr").filter(has_text="森林覆盖率")
    expect(row.locator("td.number").nth(0)).to_have_text("24,827.25")
    expect(row.locator("td[data-label='核实合格']")).to_have_text("2,200")
    expect(row.locator("td[data-label='还差']")).to_have_text("19,827.25")
    assert violations(leader) == []
    row.get_by_role("link", name="天然林保护工程项目").click()
    expect(leader.locator(".lamp-line")).to_contain_text("红")
    expect(leader.locator(".lamp-line")).to_contain_text("工程量完成 14%，序时进度 68.75%，落后 54.75 个百分点")
    expect(leader.locator("main")).to_contain_text("再核实 0.2238 万亩（营造林面积）")
    assert AS_OF in leader.url
    page_problems[:] = [one for one in page_problems if "422" not in one]  # the browser reports the refusal


def test_a_photo_of_sixty_megabytes_gets_a_sentence(page: Page, address: str, tmp_path: Path, page_problems: list[str]):
    large = tmp_path / "全景.jpg"
    large.write_bytes(jpeg() + b"\x00" * 60_000_000)
    sign_in(page, address, "li.min", then=f"{PROJECT}/new")
    page.get_by_label("本次完成数量").fill("800")
    page.get_by_label("施工前照片").set_input_files(large)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("“全景.jpg”有 61 MB，照片每张最多 20 MB")
    expect(page.get_by_role("note")).to_contain_text("请重新选择：全景.jpg")
    expect(page.get_by_label("本次完成数量")).to_have_value("800")
    page_problems[:] = [one for one in page_problems if "413" not in one]


PAGES = (
    PROJECT,
    f"{PROJECT}/new",
    "/projects/qingshan-02/works",
    "/works",
    "/works?plan=qingshan&tier=claimed",
    "/works/waiting",
    "/works/unverified",
    "/works/plots",
    "/works/1",
    "/works/1/verify",
    "/evidence/on/work_entry/1",
    "/evidence/1/remove",
)


def report(page: Page, address: str, photo: Path) -> None:
    page.goto(f"{address}{PROJECT}/new")
    page.get_by_label("本次完成数量").fill("800")
    expect(page.get_by_label("计量单位")).to_have_value("亩")
    page.get_by_label("完成日期").fill("2024-05-06")
    page.get_by_label("小班号").fill("12-3")
    page.get_by_label("完工照片").set_input_files(photo)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("h1")).to_contain_text("工程量第")


def test_no_barriers_in_either_language_and_no_sideways_scrolling_on_a_phone(
    page: Page, new_page: Callable[..., Page], address: str, tmp_path: Path
):
    photo = tmp_path / "东坡.png"
    photo.write_bytes(png(40, 30))
    owner = new_page()
    sign_in(owner, address, "li.min", then=PROJECT)
    report(owner, address, photo)
    sign_in(page, address, "wang.fang", then="/works/1")
    page.get_by_role("button", name="接收", exact=True).click()
    report(owner, address, photo)  # one more, which waits
    for language in ("zh", "en"):
        for path in PAGES:
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert violations(page) == [], (path, language)
    page.set_viewport_size(PHONE)
    for path in PAGES:
        page.goto(f"{address}{path}?lang=zh" if "?" not in path else f"{address}{path}&lang=zh")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_reporting_works_without_scripts(new_page: Callable[..., Page], address: str, tmp_path: Path):
    photo = tmp_path / "东坡.png"
    photo.write_bytes(png(40, 30))
    page = new_page(java_script_enabled=False)
    sign_in(page, address, "li.min", then=PROJECT)
    report(page, address, photo)
    page.get_by_role("link", name="撤下").click()
    page.get_by_label("撤下原因").fill("拍错了地方")
    page.get_by_role("button", name="撤下").click()
    expect(page.locator("#evidence")).to_contain_text("还没有照片和文件")
