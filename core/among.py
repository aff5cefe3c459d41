"""A condition for queries that are given many ids: they go over as one value, whatever their number."""

import json
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class _Ids(TypeDecorator[list[int]]):
    """Many ids as one value: JSON in SQLite, an array in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Among(FunctionElement[bool]):
    """Whether a column holds one of the ids of a parameter."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":
        return self  # a comparison, and no value that would be asked whether it is 1


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, ids = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 (both parts are SQL that was compiled)


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, ids = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY({ids})"


def among(column: Any, parameter: str) -> ColumnElement[bool]:
    """That a column holds one of the ids that a query is given under this name.

    They go over as one value. `in_` writes a question mark for each: for 500 ids that takes longer than the query itself.
    """
    return _Among(column, bindparam(parameter, type_=_Ids()))
