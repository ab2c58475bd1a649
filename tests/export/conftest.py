"""The exported families, each made when first asked for and once for all tests."""

import functools

import pytest

from tests.export import families
from zoo.export import export, load


class Exported:
    """Families: the model itself, its SavedModel, and what loading that gives."""

    def __init__(self, folder):
        self.folder = folder
        self.model = functools.cache(families.build)
        self.path = functools.cache(self._path)
        self.loaded = functools.cache(lambda family: load(self.path(family)))

    def _path(self, family):
        assert set(export(self.model(family), self.folder / family)) == families.ENDPOINTS[family]
        return self.folder / family


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    return Exported(tmp_path_factory.mktemp("exported"))
