"""Why a backup failed, in both languages: the command says it, and the log keeps only the code."""

from collections.abc import Mapping

WORDS: dict[str, tuple[str, str]] = {
    "no_room": (
        "磁盘放不下：要 {needed} MB，能用 {free} MB。请清理磁盘，或把 backup_dir 设到别的盘上。",
        "The disk has no room: {needed} MB are needed, {free} MB may be used. Make room, or set "
        "backup_dir to another disk.",
    ),
    "cannot_write": (
        "写不进 {path}（{reason}）",
        "{path} cannot be written ({reason})",
    ),
    "cannot_read": ("读不了 {path}（{reason}）", "{path} cannot be read ({reason})"),
    "changed": (
        "拷贝时 {path} 变短了，请再试一次",
        "{path} became shorter while it was copied; try again",
    ),
    "no_tool": (
        "找不到 {name}。数据库是 PostgreSQL，请装 postgresql-client。",
        "{name} is missing. The database is PostgreSQL: install postgresql-client.",
    ),
    "database": ("数据库没有拷成：{reason}", "The database was not copied: {reason}"),
    "nothing_there": (
        "{path} 里没有拼会的数据。请用 --data-dir 指明数据文件夹。",
        "There is no installation in {path}. Name its folder with --data-dir.",
    ),
    "not_ours": ("这不是完整的拼会备份", "This is not a whole backup of Pinhui"),
    "damaged": (
        "备份坏了：{name} 和写进去的不一样",
        "The backup is damaged: {name} is not what was written",
    ),
    "not_empty": (
        "{path} 里已经有数据。请先停服务，把它改名留着，再恢复到空的地方。",
        "There is data in {path} already. Stop the server, move that away, and restore to an empty "
        "place.",
    ),
    "other_kind": (
        "这份备份是 {kind} 的，不能放进 {wanted}",
        "This is a backup of {kind}, which cannot be put into {wanted}",
    ),
}


def words_of(code: str, params: Mapping[str, str | int]) -> tuple[str, str]:
    """Return what a ``BackupError`` says, in Chinese and in English; of no code, nothing."""
    if not code:
        return "", ""
    chinese, english = WORDS[code]
    return chinese.format_map(params), english.format_map(params)
