"""What is planted: script in every shape that some place in a page would run, and formulas."""

# Each calls H with its number, or asks for /canary, when the place that shows it does not turn it into plain text.
SCRIPTS = (
    '"><img src=/canary?{n} onerror=H({n})>',
    "'><svg/onload=H({n})>",
    "</script><script>H({n})</script>",
    '" onmouseover=H({n}) autofocus onfocus=H({n}) x="',
    "' hx-on::load='H({n})' hx-get='/canary?H({n})' hx-trigger='load' x='",
    "{{{{H({n})}}}}{{{{7*7}}}}${{H({n})}}<%= H({n}) %>",
    "javascript:H({n})//",
    "</style><style>*{{background:url(/canary?H({n}))}}</style>",
    '</title></textarea><iframe srcdoc="<script>parent.H({n})</script>"></iframe>',
    '<a href="javascript:H({n})">x</a><form action="/canary?H({n})"><button autofocus>',
    "-->]]><script src=/canary?H({n})></script>",
)
FORMULAS = (
    "=1+1#{n}",
    "+cmd|' /C calc'!A0#{n}",
    "-2+3#{n}",
    "@SUM(1)#{n}",
    "\t=1+2#{n}",
    "\r=1+3#{n}",
    "＝1+4#{n}",
    '=HYPERLINK("http://127.0.0.1/canary","#{n}")',
    '=WEBSERVICE("http://127.0.0.1/canary#{n}")',
    '=DDE("soffice";"a";"b")&"#{n}"',
    "  =1+5#{n}",
    "http://127.0.0.1/canary#{n}",
)


def script(number: int) -> str:
    """Script that tells its number if it runs; neighbouring rows get different shapes."""
    return SCRIPTS[number % len(SCRIPTS)].format(n=number)


def formula(number: int) -> str:
    """A formula that tells its number."""
    return FORMULAS[number % len(FORMULAS)].format(n=number)
