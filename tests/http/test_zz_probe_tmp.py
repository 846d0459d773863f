import random, collections, pytest
from tests.http.test_portfolio_equality import live
from tests.conftest import *
@pytest.mark.parametrize("seed", range(5))
async def test_x(client, service, clock, seed):
    for item, logged in (await live(client, service, clock, random.Random(seed)))[-1:]:
        print("PROBE", seed, item["schedule_status"], item["attention"], item["metrics"] and item["metrics"]["score"], item["cost"] and (item["cost"]["actual_cost"], item["cost"]["spi_t"], item["cost"]["estimate_at_completion"]), item["exposure"], item["actual_percent_complete"], item["deviations"])
