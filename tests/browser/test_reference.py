"""The reference: search, try it, deep links, with the keyboard alone, and a key that stays in its tab."""

from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, Open, Tab

GET_PLAN = "#operations-plans-get_plan"


async def authorize(page: Page, key: str) -> None:
    """Give the key, as a person does."""
    await page.click(".btn.authorize")
    await page.fill(".auth-container input", key)
    await page.click(".auth-btn-wrapper .authorize")
    await page.click(".auth-btn-wrapper .btn-done")


async def test_search_finds_operations_by_every_word(tab: Tab) -> None:
    page = await tab.visit("/docs")
    await page.fill("#search", "record EVENT batch")
    await expect(page.locator("#found")).to_have_text("1 operation")
    await expect(page.locator(".operation-tag-content .opblock")).to_have_count(1)
    await expect(page.locator("#operations-events-record_events")).to_be_visible()
    await page.fill("#search", "nothing-of-the-kind")
    await expect(page.locator("#found")).to_have_text("No operation has all of these words.")
    await page.fill("#search", "")
    await expect(page.locator("#found")).to_have_text("")
    await expect(page.locator("#operations-tag-plans")).to_be_visible()


async def test_a_link_leads_to_an_operation_and_trying_it_answers(tab: Tab, key: str) -> None:
    page = await tab.visit("/docs#/plans/get_plan")
    await expect(page.locator(f"{GET_PLAN} .execute")).to_be_visible(timeout=30_000)
    await authorize(page, key)
    await page.click(f"{GET_PLAN} .execute")
    await expect(page.locator(f"{GET_PLAN} .live-responses-table")).to_contain_text('"key": "python-3.13"')


async def test_the_key_stays_in_its_tab(tab: Tab, new_tab: Open, key: str) -> None:
    page = await tab.visit("/docs")
    await authorize(page, key)
    await page.reload()
    await expect(page.locator(".btn.authorize.locked")).to_be_visible(timeout=30_000)
    other = await new_tab()
    elsewhere = await other.visit("/docs")
    await expect(elsewhere.locator(".btn.authorize.unlocked")).to_be_visible()
    for each in (page, elsewhere):
        assert await each.evaluate("[localStorage.length, document.cookie, indexedDB ? 1 : 0]") == [0, "", 1]
    assert await elsewhere.evaluate("sessionStorage.length") == 0
    await page.click(".btn.authorize")
    await page.click(".auth-btn-wrapper .btn:has-text('Logout')")
    assert key not in await page.evaluate("JSON.stringify(sessionStorage)")


async def test_it_is_usable_with_the_keyboard_alone(tab: Tab, key: str) -> None:
    page = await tab.visit("/docs")
    await page.evaluate("key => sessionStorage.setItem('leeway.authorization', JSON.stringify({apiKey: key}))", key)
    await page.reload()
    await page.wait_for_selector(".btn.authorize.locked", timeout=30_000)
    await tab_to(page, "#search")
    await page.keyboard.type("get_plan ")
    await expect(page.locator(GET_PLAN)).to_be_visible()
    await tab_to(page, f"{GET_PLAN} .opblock-summary-control")
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{GET_PLAN} .execute")).to_be_visible(timeout=30_000)
    await tab_to(page, f"{GET_PLAN} .execute")
    await page.wait_for_timeout(500)  # Swagger UI takes an example for a value a moment after it shows it
    await page.keyboard.press("Enter")
    await expect(page.locator(f"{GET_PLAN} .live-responses-table")).to_contain_text('"key": "python-3.13"')


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


async def test_an_operation_fits_on_a_phone(tab: Tab) -> None:
    await tab.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page = await tab.visit("/docs#/variance/get_variance")
    await page.wait_for_selector("#operations-variance-get_variance .execute", timeout=30_000)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await page.evaluate("document.querySelector('.responses-table').scrollWidth") <= PHONE["width"]
