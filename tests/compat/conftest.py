"""The releases and the engines of the compat suite: each is made, or started, once."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

import compat_engines as engines
from compat_releases import MAKERS, Release


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Release]:
    """Return a function that gives a release by its name."""

    @cache
    def release(name: str) -> Release:
        return MAKERS[name](tmp_path_factory.mktemp(name))

    return release


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    """Start Spark."""
    with engines.spark(tmp_path_factory.mktemp("spark")) as engine:
        yield engine


@pytest.fixture(scope="session")
def hyper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    """Start Hyper to read Parquet files."""
    with engines.hyper(tmp_path_factory.mktemp("hyper")) as engine:
        yield engine


@pytest.fixture(scope="session")
def hyper_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engine]:
    """Start Hyper to make a .hyper file of Parquet files, and read that."""
    with engines.hyper_file(tmp_path_factory.mktemp("hyper_file")) as engine:
        yield engine


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> engines.Engine:
    """Return the engine that a test is to run: one that is here, or a fixture by its name."""
    wanted = request.param
    found: engines.Engine = request.getfixturevalue(wanted) if isinstance(wanted, str) else wanted
    return found
