"""Chinese text: matching, searching and sorting keys, alike on both databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

from core.database import Database, key_text
from core.text import grams, matching_key, query_grams, sorting_key

NAMES = [
    "曹村水库",
    "白沟河",
    "安泽县",
    "孝义市",
    "文峪河",
    "阿里",
    "张家庄",
    "Ⅲ类水",
    "b区",
    "A区",
    "12号",
    "（一）期",
    "碛口",
    "昝村",
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ш类水体", "Ⅲ类水体"),
        ("Ш类水体", "III类水体"),
        ("Ⅴ类", "V类"),
        ("Ⅴ类", "v 类"),
        ("污水处理厂（二期）", "污水处理厂(二期)"),
        ("ＰＭ２．５", "pm2.5"),
        ("营 造　林", "营造林"),
        ("2021—2025年", "2021-2025 年"),
        ("РМ"[1:] + "2", "m2"),
    ],
)
def test_texts_that_look_alike_match(one: str, other: str) -> None:
    assert matching_key(one) == matching_key(other)


def test_texts_that_differ_do_not_match() -> None:
    assert matching_key("Ⅲ类") != matching_key("Ⅱ类")
    assert matching_key("再生水一期") != matching_key("再生水二期")


@given(text=st.text(max_size=60))
def test_a_key_of_a_key_is_the_same_key(text: str) -> None:
    assert matching_key(matching_key(text)) == matching_key(text)


@given(text=st.text(alphabet="湿地公园再生水厂AbⅢ（）", max_size=12))
def test_every_part_of_a_name_is_found_by_its_pairs(text: str) -> None:
    key = matching_key(text)
    for start in range(len(key)):
        for end in range(start + 1, len(key) + 1):
            assert query_grams(key[start:end]) <= grams(text)


def test_a_word_of_two_characters_is_one_whole_entry() -> None:
    assert query_grams("湿地") == {"湿地"}
    assert "湿地" in grams("汾河湿地公园")
    assert "湿地" not in grams("湿润的土地")


def test_no_entry_of_the_index_is_longer_than_its_column() -> None:
    assert max(len(gram) for gram in grams("ß㎡Ⅲ㌔ŉＡ営造林" * 3)) == 2


def test_common_characters_sort_by_their_pinyin() -> None:
    shuffled = ["张", "曹", "白", "文", "安", "孝", "李"]
    assert sorted(shuffled, key=sorting_key) == ["安", "白", "曹", "李", "文", "孝", "张"]


def test_a_sorting_key_fits_its_column_and_is_plain_ascii() -> None:
    for text in ("青山" * 200, "𠮷野家", "🌲", "", "\ud800"):
        assert len(sorting_key(text)) <= 120
        assert sorting_key(text).isascii()


def test_both_databases_sort_keys_byte_by_byte(database: Database) -> None:
    names = Table(
        "sorted_name",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("key", key_text(120)),
        Column("name", Text),
    )
    with database.writing() as session:
        names.create(session.connection())
        session.execute(insert(names), [{"key": sorting_key(name), "name": name} for name in reversed(NAMES)])
        session.execute(insert(names), [{"key": key, "name": "raw"} for key in ("Z", "a", "_", "é", "白", "a b", "ab")])
    with database.reading() as session:
        ordered = (
            session.execute(select(names.c.name).where(names.c.name != "raw").order_by(names.c.key)).scalars().all()
        )
        raw = session.execute(select(names.c.key).where(names.c.name == "raw").order_by(names.c.key)).scalars().all()
    assert ordered == sorted(NAMES, key=sorting_key)
    assert ordered.index("白沟河") < ordered.index("曹村水库")
    assert raw == ["Z", "_", "a", "a b", "ab", "é", "白"]
