"""probe"""
import pytest
from tests.http.twins import Twins
@pytest.mark.parametrize("n", range(30))
async def test_probe(twins: Twins, n: int) -> None:
    pass
