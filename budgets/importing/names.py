"""What the columns of a table may be called, and the unit that a name may carry."""

import re
import unicodedata
from functools import lru_cache

from budgets.cell_texts import stage_from_text
from budgets.entries import STAGES
from core.errors import N_, Broken
from core.text import matching_key

LABELS = {
    "code": N_("项目编号"),
    "name": N_("项目名称"),
    "project": N_("项目（编号或名称）"),
    "stage": N_("环节"),
    "source": N_("资金来源"),
    "occurred_on": N_("发生日期"),
    "amount": N_("金额"),
    "document": N_("文号或凭证号"),
    "note": N_("摘要"),
    "kind": N_("类型（发生、收回、退回、核减）"),
    "correction_reason": N_("更正理由"),
    **STAGES,
}
PROJECT_FIELDS = ("code", "name", "project")
_SYNONYMS = {
    "code": "项目编号 项目代码 项目编码 编号 代码 编码 子项目编号 projectcode code",
    "name": "项目名称 子项目名称 工程名称 工程项目 名称 projectname",
    "project": "项目 子项目 project",
    "stage": "环节 阶段 资金环节 台账环节 stage",
    "source": "资金来源 来源 资金渠道 资金来源渠道 资金性质 source",
    "occurred_on": "发生日期 日期 业务日期 发生时间 时间 支付日期 下达日期 到位日期 付款日期 拨付日期 "
    "签订日期 合同日期 凭证日期 date",
    "amount": "金额 发生额 发生金额 本次金额 资金金额 amount",
    "document": "文号 凭证号 文号或凭证号 文号凭证号 凭证编号 文件号 文件文号 依据文号 资金文号 合同编号 document",
    "note": "摘要 备注 说明 用途 事由 note",
    "kind": "性质 记账类型 收支类型 业务类型 类别 kind",
    "correction_reason": "更正理由 更正原因 补记理由 补记原因 correctionreason",
}
EITHER = "类型"  # the stage where no other column says it, else the kind
_UNIT = re.compile(r"[(\[【]\s*(?:单位[:：]?)?\s*(?:人民币)?\s*([^()\[\]【】]*元)\s*[)\]】]")
_DECORATION = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]|[*:/、,\s]|必填|选填")


@lru_cache
def _fields() -> dict[str, str]:
    return {matching_key(word): name for name, words in _SYNONYMS.items() for word in words.split()}


def field_of(header: str) -> str | None:
    """What a column of that name holds: a field, a stage, or None."""
    plain = matching_key(_DECORATION.sub("", unicodedata.normalize("NFKC", header)))
    if not plain:
        return None
    if plain == EITHER:
        return EITHER
    if plain in _fields():
        return _fields()[plain]
    try:
        return stage_from_text(plain)
    except Broken:
        return None


def unit_of(header: str) -> str | None:
    """The unit that a name carries in brackets: 万元 of 金额（万元）. Any text that ends in 元 is taken for one."""
    match = _UNIT.search(unicodedata.normalize("NFKC", header))
    return match[1].strip() if match else None
