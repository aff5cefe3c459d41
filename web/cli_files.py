"""Files that commands write: each appears under its name when it is whole."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import N_, Broken


class NotWritable(Broken):
    sentence = N_("不能写入 %(file)s，请检查文件夹是否存在、是否允许写入。")


def write_file(out: Path, content: Iterable[bytes]) -> None:
    """Writes a file piece by piece; what stood under its name stays until then.

    Errors: NotWritable.
    """
    written = out.with_name(out.name + ".part")
    try:
        with written.open("wb") as file:
            file.writelines(content)
        written.replace(out)
    except OSError as error:
        raise NotWritable(file=out) from error
