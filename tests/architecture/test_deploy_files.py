"""What the examples of docs/deploy promise to docs/security.md."""

import re

from core.settings import ROOT

DEPLOY = ROOT / "docs" / "deploy"


def nginx() -> list[str]:
    """The two servers of the example: plain HTTP, and HTTPS."""
    text = re.sub(r"#.*", "", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    return text.split("server {")[1:]


def test_plain_http_leads_people_on_and_refuses_programs() -> None:
    plain, _https = nginx()
    assert re.search(r"location / \{ return 301 https://", plain)
    assert re.search(r"location /api/ \{ return 403; \}", plain)
    assert "proxy_pass" not in plain


def test_https_knows_only_present_versions_and_ciphers_with_forward_secrecy() -> None:
    _plain, https = nginx()
    assert re.findall(r"ssl_protocols ([^;]+);", https) == ["TLSv1.2 TLSv1.3"]
    (ciphers,) = re.findall(r"ssl_ciphers ([^;]+);", https)
    assert all(one in ("ECDHE+AESGCM", "ECDHE+CHACHA20") for one in ciphers.split(":"))
    assert "ssl_prefer_server_ciphers on;" in https


def test_what_a_browser_says_of_its_own_address_is_replaced() -> None:
    _plain, https = nginx()
    assert re.findall(r"proxy_set_header (X-Forwarded-\S+) (\S+);", https) == [
        ("X-Forwarded-For", "$remote_addr"),
        ("X-Forwarded-Proto", "$scheme"),
    ]
    # A place with one header of its own would lose all of these.
    assert not re.search(r"location [^{]*\{[^}]*proxy_set_header", https)


def test_figures_are_not_given_out_and_one_time_addresses_are_not_written_down() -> None:
    _plain, https = nginx()
    for place in ("= /metrics", "/health/"):
        assert f"location {place} {{ deny all; }}" in https
    for place in ("/welcome/", "/sign-in/oidc/"):
        assert re.search(rf"location {place} \{{[^}}]*access_log off;", https)


def test_the_units_run_without_rights_over_the_machine() -> None:
    for name in ("qingshan.service", "qingshan-work.service"):
        unit = (DEPLOY / name).read_text(encoding="utf-8")
        wanted = ("User=qingshan", "UMask=0077", "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes")
        assert [line for line in wanted if line not in unit.splitlines()] == []
    assert "USER qingshan" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()


def test_no_history_no_data_and_no_secret_goes_into_the_image() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", "var", ".env", "tests"} <= set(left_out)
