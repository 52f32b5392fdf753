"""Spark and Hyper, in an environment of their own: `.venv-compat/bin/python compat_worker.py`.

Nothing of the project is installed beside them: Pandera imports PySpark wherever it finds it, with
warnings, and half a gigabyte is nothing for who only wants to run the pipeline. The arguments are
the engine, the number of an open pipe, and a folder to work in. A question over the pipe is what
to select, the files of a table, and the place that a reader of the table is given; the answer is
the names and types of the columns, and the rows.
"""

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

Question = tuple[str, list[str], str]
Answer = tuple[list[tuple[str, str]], list[list[Any]]]
Ask = Callable[[Question], Answer]

SPARK_SETTINGS = {
    # Many small queries: what Java would gain by optimising it would spend on that.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def spark(folder: Path) -> Iterator[tuple[str, Ask]]:
    """Start Apache Spark on 127.0.0.1 with one thread; it is given the folder of a table."""
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[1]").appName("ipsdata")
    settings = {**SPARK_SETTINGS, "spark.sql.warehouse.dir": str(folder / "warehouse")}
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")

    def ask(question: Question) -> Answer:
        select, _, place = question
        session.read.parquet(place).createOrReplaceTempView("asked")
        frame = session.sql(f"SELECT {select.replace(chr(34), '`')} FROM asked")
        return frame.dtypes, [[_in_utc(value) for value in row] for row in frame.collect()]

    try:
        yield session.version, ask
    finally:
        session.stop()


def _in_utc(value: Any) -> Any:
    """Give a moment its zone: PySpark hands it over in this machine's time, without one."""
    is_moment = isinstance(value, dt.datetime) and value.tzinfo is None
    return value.astimezone(dt.UTC) if is_moment else value


@contextmanager
def hyper(folder: Path, *, copied: bool = False) -> Iterator[tuple[str, Ask]]:
    """Start Tableau's Hyper, which is given files; it tells nobody of its use.

    Args:
        copied: whether each table is copied into a .hyper file first, as an extract is.
    """
    import tableauhyperapi as api

    process = api.HyperProcess(
        telemetry=api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU,
        parameters={"log_dir": str(folder)},
    )
    mode = api.CreateMode.CREATE_AND_REPLACE
    with process, api.Connection(process.endpoint, str(folder / "a.hyper"), mode) as connection:

        def ask(question: Question) -> Answer:
            select, files, place = question
            names = ", ".join(map(str, map(api.escape_string_literal, files)))
            source = f"external(ARRAY[{names}], FORMAT => 'parquet')"
            if copied:
                extract = api.escape_name(place)
                connection.execute_command(
                    f"CREATE TABLE IF NOT EXISTS {extract} AS (SELECT * FROM {source})"
                )
                source = str(extract)
            with connection.execute_query(f"SELECT {select} FROM {source}") as result:
                told = [(c.name.unescaped, str(c.type)) for c in result.schema.columns]
                return told, [[_own(value) for value in row] for row in result]

        yield version("tableauhyperapi"), ask


@contextmanager
def hyper_file(folder: Path) -> Iterator[tuple[str, Ask]]:
    """Start Hyper, and copy each table into a .hyper file before it is read."""
    with hyper(folder, copied=True) as started:
        yield started


def _own(value: Any) -> Any:
    """Make Python's own date or moment of one of Hyper's."""
    if hasattr(value, "to_datetime"):
        return value.to_datetime()
    return value.to_date() if hasattr(value, "to_date") else value


def main() -> None:
    """Answer questions until the other side hangs up."""
    engine, number, folder = sys.argv[1:]
    os.set_inheritable(int(number), False)  # what the engine starts need not hold the line
    line: Connection[Any, Any] = Connection(int(number))
    start = {"spark": spark, "hyper": hyper, "hyper_file": hyper_file}[engine]
    with line, start(Path(folder)) as (told, ask):
        line.send(told)
        while True:
            try:
                question = line.recv()
            except EOFError:
                return
            line.send(_answer(ask, question))


def _answer(ask: Ask, question: Question) -> Answer | str:
    try:
        return ask(question)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
