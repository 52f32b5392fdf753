"""What in a Parquet file breaks which tool: the rules of `ipsdata check-bi`, as data.

The profile is what pandas, Polars, DuckDB, Spark, R (arrow), Power BI, Excel, Tableau (Hyper) and
Superset all read alike. An error loses data, changes it, or stops a tool; a warning is something
that some tool shows otherwise than it stands in the file, or reads slowly.
"""

from dataclasses import dataclass
from typing import Literal

_FORMAT = "https://github.com/apache/parquet-format/blob/master/"
_SPARK = "https://github.com/apache/spark/pull/"
_SPARK_TYPES = "https://github.com/apache/spark, ParquetSchemaConverter.scala in sql/core, parquet"
_SPARK_ERRORS = (
    "https://spark.apache.org/docs/latest/sql-error-conditions.html#column_already_exists"
)
_HYPER = "https://tableau.github.io/hyper-db/docs/sql/external/formats"
_HYPER_TYPES = "https://tableau.github.io/hyper-db/docs/sql/datatype/"
_POWER_BI = "https://learn.microsoft.com/power-bi/connect-data/desktop-data-types"
_EXCEL = (
    "https://support.microsoft.com/office/"
    "excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3"
)
_DUCKDB = "https://duckdb.org/docs/stable/data/parquet/tips"
_ARROW = "https://arrow.apache.org/docs/cpp/parquet.html"

EXCEL_ROWS = 1_048_575  # a sheet has one more, which the header takes
EXCEL_CELL = 32_767
EXACT_INTEGER = 2**53 - 1
EXACT_DIGITS = 15
SPARK_DIGITS = 38
HYPER_OLD_DIGITS = 18
FIRST_YEAR = 1900
LAST_YEAR = 9999
SMALL_ROW_GROUP = 5_000
LARGE_ROW_GROUP_BYTES = 2**30


@dataclass(frozen=True)
class BiRule:
    """One thing that a Parquet file should not have.

    Attributes:
        tools: those that it breaks.
        breaks: how, in one sentence.
        remedy: what to do about it.
        source: where a vendor's manual, a specification or a change tells so.
    """

    name: str
    severity: Literal["error", "warning"]
    tools: tuple[str, ...]
    breaks: str
    remedy: str
    source: str


_ALL = ("every tool",)

_RULES = (
    # The file as a whole.
    BiRule(
        "not_parquet",
        "error",
        _ALL,
        "The file does not begin with the magic bytes PAR1: nothing can read it as Parquet.",
        "Export it as Parquet; a file ending in .parquet that holds CSV or HTML is often an error "
        "page that was downloaded.",
        _FORMAT + "README.md",
    ),
    BiRule(
        "damaged",
        "error",
        _ALL,
        "The footer or a page can't be read: tools stop, or show a part without a word.",
        "Copy or download the file again, and compare its SHA-256 with that of the manifest.",
        _FORMAT + "README.md",
    ),
    BiRule(
        "encrypted",
        "error",
        _ALL,
        "The file is encrypted, and none of the tools asks for a Parquet key.",
        "Write it without encryption, and protect the folder that it lies in.",
        _FORMAT + "Encryption.md",
    ),
    BiRule(
        "no_columns",
        "error",
        ("Power BI", "Tableau", "Spark", "DuckDB"),
        "The schema has no columns, which tools refuse or show as nothing.",
        "Write the columns even if there are no rows.",
        _FORMAT + "README.md",
    ),
    BiRule(
        "parts_differ",
        "error",
        ("Spark", "DuckDB", "Power BI", "Tableau"),
        "The files of one table have other columns or types than its first file: a tool takes the "
        "schema of one of them, then fails or leaves columns empty.",
        "Write all parts with one schema.",
        _DUCKDB,
    ),
    BiRule(
        "too_many_rows",
        "warning",
        ("Excel",),
        "A sheet holds 1,048,576 rows, the header included: what is beyond is cut off.",
        "Load it into the data model, or sum it up first.",
        _EXCEL,
    ),
    BiRule(
        "small_row_groups",
        "warning",
        ("DuckDB", "Polars", "Spark"),
        "Row groups of fewer than 5,000 rows make every query read more metadata than data.",
        "Write row groups of 100,000 rows or more.",
        _DUCKDB,
    ),
    BiRule(
        "large_row_groups",
        "warning",
        ("Power BI", "Excel", "pandas"),
        "A row group of more than 1 GiB has to fit into memory at once.",
        "Write row groups of at most a million rows.",
        _FORMAT + "README.md",
    ),
    BiRule(
        "pandas_index",
        "warning",
        ("Power BI", "Tableau", "Excel"),
        "The index of pandas was written as a column, which other tools show as data.",
        "Write with index=False, or from an Arrow table.",
        "https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.to_parquet.html",
    ),
    # How the values are packed.
    BiRule(
        "codec",
        "error",
        ("Tableau", "Spark", "R"),
        "Only Snappy and gzip are read everywhere: Hyper knows neither Brotli nor LZO nor the old "
        "LZ4, Spark and R need libraries that they seldom have.",
        "Write with Snappy.",
        _HYPER,
    ),
    BiRule(
        "zstd",
        "warning",
        ("R", "Spark"),
        "Small builds of Arrow for R, and Spark on an old Hadoop, have no Zstandard.",
        "Write with Snappy, if such tools are in use.",
        "https://arrow.apache.org/docs/r/articles/install.html",
    ),
    BiRule(
        "encoding",
        "error",
        ("Tableau",),
        "Hyper reads neither of the encodings DELTA_LENGTH_BYTE_ARRAY and BYTE_STREAM_SPLIT.",
        "Write with the encodings of the default, plain and dictionary.",
        _HYPER,
    ),
    BiRule(
        "delta_encoding",
        "warning",
        ("Spark",),
        "Spark before 3.3 stops at the delta encodings of Parquet version 2.",
        "Write with the encodings of the default, plain and dictionary.",
        _SPARK + "34471",
    ),
    # Names of columns.
    BiRule(
        "double_name",
        "error",
        ("pandas", "Polars", "Spark", "Power BI", "Tableau"),
        "Two columns have the same name: tools refuse the file, or one of the columns is lost.",
        "Rename one of them.",
        _SPARK_ERRORS,
    ),
    BiRule(
        "same_but_for_case",
        "error",
        ("Spark", "Power BI", "DuckDB", "Superset"),
        "Two names differ only in capital letters, which these tools take for the same name.",
        "Rename one of them.",
        _SPARK_ERRORS,
    ),
    BiRule(
        "empty_name",
        "error",
        ("Power BI", "Spark", "Tableau", "Superset"),
        "A column without a name can't be asked for.",
        "Give it a name.",
        "https://spark.apache.org/docs/latest/sql-ref-identifier.html",
    ),
    BiRule(
        "forbidden_character",
        "error",
        ("Spark",),
        'Spark before 3.3, and Delta tables, refuse names with any of " ,;{}()\\n\\t=".',
        "Rename it with letters, digits and underscores.",
        _SPARK + "35229",
    ),
    BiRule(
        "quoted_name",
        "warning",
        ("DuckDB", "Superset", "Spark", "R"),
        "A name that is not letters, digits and underscores has to be quoted in every query.",
        "Rename it with letters, digits and underscores, a letter first.",
        "https://duckdb.org/docs/stable/sql/dialect/keywords_and_identifiers",
    ),
    # Types of columns.
    BiRule(
        "nested",
        "error",
        ("Tableau", "Power BI", "Excel", "Superset"),
        "Lists, structs and maps are not read by Hyper and don't fit into a cell elsewhere.",
        "Make rows of a list and columns of a struct.",
        _HYPER,
    ),
    BiRule(
        "unsigned",
        "error",
        ("Spark", "Tableau", "Power BI"),
        "Spark before 3.2 refuses unsigned integers, Hyper and Power BI have none.",
        "Write int64, or decimal where values exceed it.",
        _SPARK + "31960",
    ),
    BiRule(
        "null_type",
        "error",
        ("Tableau", "Spark", "Power BI"),
        "A column without a type, written where every value is empty, is refused or becomes "
        "another type in the next file.",
        "Write it with the type that its values would have.",
        _FORMAT + "LogicalTypes.md#unknown-always-null",
    ),
    BiRule(
        "duration",
        "error",
        ("DuckDB", "Spark", "Power BI", "Tableau"),
        "Parquet has no durations: all but Arrow's own readers see a number without its unit.",
        "Write a number, with its unit in the name or the description.",
        _ARROW,
    ),
    BiRule(
        "time",
        "error",
        ("Spark", "Tableau"),
        "Spark before 4.1 refuses a time of day, Hyper reads it in microseconds only.",
        "Write it as text, or as part of a timestamp.",
        _HYPER,
    ),
    BiRule(
        "nanoseconds",
        "error",
        ("Spark",),
        "Spark stops at timestamps in nanoseconds (Illegal Parquet type).",
        "Write timestamps in microseconds.",
        _SPARK + "39905",
    ),
    BiRule(
        "int96",
        "error",
        ("Tableau", "Spark", "DuckDB"),
        "INT96 is deprecated and does not say whether it is in UTC: tools differ by hours.",
        "Write timestamps in microseconds, in UTC.",
        _FORMAT + "README.md",
    ),
    BiRule(
        "no_time_zone",
        "warning",
        ("Spark", "Power BI"),
        "A timestamp that does not say whether it is in UTC is taken for local time by some tools.",
        "Write it in UTC.",
        _FORMAT + "LogicalTypes.md#timestamp",
    ),
    BiRule(
        "other_time_zone",
        "warning",
        ("DuckDB", "Spark", "Power BI", "Tableau"),
        "Parquet keeps only that a timestamp is in UTC: the zone is seen by Arrow's readers alone.",
        "Write it in UTC, and the zone in a column of its own if it matters.",
        _FORMAT + "LogicalTypes.md#timestamp",
    ),
    BiRule(
        "wide_decimal",
        "error",
        ("Polars", "Spark", "DuckDB", "Tableau"),
        "Decimals of more than 38 digits are refused, or become floating-point numbers.",
        "Write at most 38 digits.",
        _HYPER_TYPES + "numeric",
    ),
    BiRule(
        "rounded_decimal",
        "warning",
        ("Power BI", "Excel", "Tableau"),
        "Power BI and Excel keep 15 digits of a decimal number, older Hyper files 18.",
        "Write at most 15 digits, or an integer.",
        _POWER_BI,
    ),
    BiRule(
        "float16",
        "error",
        ("Spark", "Tableau", "Power BI"),
        "Numbers of half precision are read as bytes or refused.",
        "Write float64.",
        _SPARK_TYPES,
    ),
    BiRule(
        "binary",
        "error",
        ("Power BI", "Tableau", "Excel"),
        "Bytes that are not marked as UTF-8 are no text: Power BI can't load them into a model.",
        "Write text as string; leave bytes out.",
        _POWER_BI,
    ),
    BiRule(
        "other_type",
        "error",
        ("Tableau", "Spark", "Power BI"),
        "A type such as UUID, ENUM, BSON, JSON or an interval is read by few tools.",
        "Write it as text.",
        _HYPER,
    ),
    BiRule(
        "dictionary",
        "warning",
        ("pandas", "Polars", "R"),
        "Arrow's readers make categories of it, whose values differ from file to file.",
        "Write it as string; Parquet packs repeated texts all the same.",
        _ARROW,
    ),
    BiRule(
        "large_text",
        "warning",
        ("pandas", "R"),
        "Arrow's readers see large_string or string_view, which does not fit together with the "
        "plain string of other files.",
        "Write it as string.",
        _ARROW,
    ),
    # Values.
    BiRule(
        "inexact_integer",
        "warning",
        ("Power BI", "Superset", "Excel"),
        "Integers beyond 9,007,199,254,740,991 are rounded by browsers and by Power BI's visuals; "
        "Excel keeps 15 digits.",
        "Write keys as text, and amounts in a larger unit.",
        _POWER_BI,
    ),
    BiRule(
        "not_finite",
        "warning",
        ("Power BI", "Superset", "Excel"),
        "NaN and infinity are no values of these tools: they become errors or empty cells.",
        "Leave the value empty.",
        _POWER_BI,
    ),
    BiRule(
        "strange_date",
        "warning",
        ("Power BI", "Excel"),
        "Power BI and Excel know dates from 1900 to 9999.",
        "Write the year as a number, or the date as text.",
        _POWER_BI,
    ),
    BiRule(
        "long_text",
        "warning",
        ("Excel", "Power BI"),
        "A cell holds 32,767 characters: what is beyond is cut off.",
        "Split the text, or leave it in the document.",
        _EXCEL,
    ),
    BiRule(
        "not_utf8",
        "error",
        ("Tableau", "Polars", "DuckDB", "R"),
        "Text that is not valid UTF-8 stops most tools.",
        "Decode the text by its own encoding before it is written.",
        _HYPER,
    ),
)

RULES = {rule.name: rule for rule in _RULES}
