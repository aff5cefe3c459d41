"""What can be wrong with a workbook that a department sends back, each with the place, what was found and what was expected."""

from core.errors import N_, Broken

# What should have stood there, by the code of a broken rule of the record whose sentence says it in its own words.
EXPECTED: dict[str, str] = {
    "BelowRecorded": N_("不少于本季已记账、已上报的数"),
    "MoneyBelowRecorded": N_("不少于本季已记账、已上报的数"),
    "QuantityRecorded": N_("数量，或先冲销已记录的"),
    "RecordedNotApplicable": N_("不适用，或先冲销已记录的"),
    "NotExact": N_("用已记录的单位填写的数"),
    "DayRecorded": N_("已记录的日期"),
    "AfterTheQuarter": N_("本季度以内的日期"),
    "ForecastNotNeeded": N_("留空"),
    "ClosedDay": N_("没有关账的季度里的日期"),
    "BeforeTheState": N_("不早于现状态起始日期的日期"),
    "NotYetHappened": N_("不晚于今天的日期"),
    "ForecastPassed": N_("今天以后的日期"),
    "JumpOfTenThousand": N_("核对过单位的数"),
    "OnItsParts": N_("留空，填到子项目"),
    "OnItsPackage": N_("留空，填到打包项目"),
}


class NotOurForm(Broken):
    sentence = N_("这不是本系统生成的填报表，或者其中隐藏的工作表被删掉了；应为%(expected)s。")


class WrongTemplate(Broken):
    sentence = N_("填报表的模板版本是 %(found)s，现在用的是 %(expected)s。请重新下载填报表，把内容填到新表里。")


class ControlChanged(Broken):
    sentence = N_("填报表里隐藏的标识被改动过（%(found)s），无法确认它是哪个部门、哪个季度的；应为%(expected)s。")


class SheetGone(Broken):
    sentence = N_("文件里没有“%(found)s”工作表，其中各项视为没有改动。")


class ColumnGone(Broken):
    sentence = N_("“%(sheet)s”工作表里找不到“%(expected)s”一列，请恢复这个列名。")


class ColumnTwice(Broken):
    sentence = N_("“%(sheet)s”工作表里有两列都叫“%(found)s”，应为%(expected)s。")


class KeysGone(Broken):
    sentence = N_("“%(sheet)s”工作表最左边隐藏的“行标识”一列不见了，无法知道各行是哪个项目；应为%(expected)s。")


class UnitChanged(Broken):
    sentence = N_("工作表上写的金额单位是%(found)s，本表按%(expected)s填报。请按%(expected)s填写，不要改单位。")


class RowsGone(Broken):
    sentence = N_("“%(sheet)s”工作表少了 %(count)s 行，这些行视为没有改动。")


class RowWithoutKey(Broken):
    sentence = N_("第 %(line)s 行“%(found)s”不是本表原有的行，应为%(expected)s。")


class KeyForged(Broken):
    sentence = N_("第 %(line)s 行的隐藏标识被改动过，或者来自另一份填报表；应为%(expected)s。")


class KeyTwice(Broken):
    sentence = N_("第 %(line)s 行与第 %(other)s 行是同一行的两份（“%(found)s”），应为%(expected)s。")


class LockedChanged(Broken):
    sentence = N_("“%(label)s”是系统里已有的内容，不能在表里改：现在是“%(found)s”，应为“%(expected)s”。")


class CellTwice(Broken):
    sentence = N_("“%(found)s”这一项在 %(other)s 已经填过，应为%(expected)s。")


class NoQuantity(Broken):
    sentence = N_("选了“不适用”又填了数量“%(found)s”，应为%(expected)s。")


class UnknownCode(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


class UnknownWorkbook(Broken):
    sentence = N_("这份填报表（%(found)s）不是由本系统生成的，或来自另一套系统；应为%(expected)s。")


class AnotherReturn(Broken):
    sentence = N_("这是“%(found)s”的填报表，应为“%(expected)s”的。请到相应部门和季度的填报页上传。")
