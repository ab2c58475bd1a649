"""The explorer: what it asks models, and each of its panels used in a real browser."""

import io
import re
import shutil
import socket

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.tools.binaries_test import last_line, run
from tools.explorer.answers import Answers, heat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROKEN = "The source image could not be decoded."  # what Chromium says of the file that is no picture
NAMES = ("ehm_digits", "vae_digits", "wgan_gp_digits", "vae_toy4")


WHOLE = [  # tabs, and what stands side by side in them
    (("ehm_digits", "Interpolation"), ("ehm_digits-first", "ehm_digits-second")),
    (("ehm_digits", "Directions"), ("ehm_digits-turned",)),
    (("Chains",), ("chains-left", "chains-right")),
]


@pytest.fixture(scope="module")
def models():
    return {name: Answers(name, zoo.load(name)) for name in NAMES}


def test_a_model_says_what_it_can_be_asked(models):
    found = {name: (m.is_of_images, m.has_encoder, m.has_bound, m.has_critic) for name, m in models.items()}
    assert found == {
        "ehm_digits": (True, True, True, True),
        "vae_digits": (True, True, True, False),
        "wgan_gp_digits": (True, False, False, True),
        "vae_toy4": (False, True, True, False),
    }


def test_a_model_without_samples_is_refused():
    class Loaded:
        signatures = {"generate": None}  # noqa: RUF012

    with pytest.raises(ValueError, match=r"^mine has no endpoint sample; it has generate$"):
        Answers("mine", Loaded())


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_a_picture_of_any_kind_is_made_to_fit(models, mode):
    picture = Image.new("L", (80, 40), 255)
    picture.paste(0, (0, 0, 40, 40))  # black on the left, white on the right
    x, said = models["ehm_digits"].fitted(picture.convert(mode), invert=True)
    assert said == "Resized from 80x40 to the model's 8x8. "
    np.testing.assert_array_equal(x[0, :, :, 0], [[1.0] * 4 + [0.0] * 4] * 8)
    straight, _ = models["ehm_digits"].fitted(picture.convert(mode), invert=False)
    np.testing.assert_array_equal(straight, 1 - x)


def test_what_is_transparent_is_paper_and_the_models_size_is_kept(models):
    x, said = models["ehm_digits"].fitted(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), invert=True)
    assert (x == 0).all()
    assert said == ""


def test_the_chain_goes_on_from_its_last_image_and_repeats_itself(models):
    model = models["ehm_digits"]
    start = model.sample(2, 0)
    first, second, third = model.chain(start, 2, 5)
    np.testing.assert_array_equal(first, start)
    *_, again = model.chain(second, 1, 6)
    np.testing.assert_array_equal(third, again)
    assert np.abs(second - first).max() > 0.01


def test_the_critics_gradient_is_its_slope(models):
    model = models["wgan_gp_digits"]
    x = model.sample(1, 0)
    _, gradient = model.critic(x)
    step = 1e-2 * gradient / np.linalg.norm(gradient)
    above, below = model.critic(x + step)[0], model.critic(x - step)[0]
    # Central differences: exact but for the kinks of the leaky ReLUs and float32.
    np.testing.assert_allclose((above - below) / 2e-2, np.linalg.norm(gradient), rtol=0.05)


def test_red_is_where_the_critic_wants_more():
    x, gradient = np.full([1, 8, 8, 1], 0.5), np.zeros([1, 8, 8, 1])
    gradient[0, 0, 0], gradient[0, 7, 7] = 1, -1
    shown = heat(x, gradient)
    side = (shown.shape[1] - 4) // 3  # three pictures with gaps of 2
    middle = shown[:, side + 2 : 2 * side + 2].astype(int)
    red, blue = middle[5, 5], middle[-5, -5]
    assert red[0] > red[2] + 100
    assert blue[2] > blue[0] + 100


def test_main_directions_hold_the_variance_of_the_codes(models):
    model = models["ehm_digits"]
    mean, directions = model.directions
    z = model.code(model.sample(500, 0))
    np.testing.assert_allclose(mean, z.mean(0), atol=1e-5)
    np.testing.assert_allclose(directions.T @ directions, np.cov(z.T, bias=True), atol=1e-4)
    lengths = np.linalg.norm(directions, axis=1)
    assert (np.diff(lengths) <= 1e-6).all()


def test_bad_input_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        _, errors = run("explore", "--port", taken.getsockname()[1], code=1)
    needs = r"--port \d+: cannot be used \(Address already in use\)|the explorer needs gradio: pip install '\.\[explore\]'"
    assert re.search(needs, last_line(errors))
    assert "Traceback" not in errors


@pytest.fixture(scope="module")
def browser(models):
    """A page of Chromium that shows the explorer; at the end nothing was asked of elsewhere, and the console has no error."""
    pytest.importorskip("gradio", reason="needs tools/explorer/requirements.txt")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    from tools.explorer import page as explorer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = explorer.build(list(models.values()))
    address = explorer.serve(served, port, background=True)
    wrong = []
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(120_000)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if _elsewhere(request.url, address) else None)
        page.goto(address)
        page.get_by_role("tab", name="ehm_digits").wait_for()
        yield page
        chromium.close()
    served.close()
    assert [message for message in wrong if message != BROKEN] == []


def _elsewhere(url, address):
    return not url.startswith((address, "data:", "blob:"))


def open_tab(page, *names):
    """Opens a tab, and the one in it."""
    for name in names:
        page.get_by_role("tab", name=name, exact=True).locator("visible=true").first.click()


def shown(page, name):
    """The picture that a component shows, as an array, once there is one."""
    image = page.locator(f"#{name} img").first
    image.wait_for()
    return np.asarray(Image.open(io.BytesIO(page.request.get(image.get_attribute("src")).body())))


def press(page, button):
    """Presses the visible button of this name."""
    page.get_by_role("button", name=button, exact=True).locator("visible=true").first.click()


def scribble(page, name):
    """Draws a stroke on a canvas."""
    page.locator(f"#{name}").get_by_label("Brush").first.click()
    page.wait_for_timeout(1000)  # the canvas is laid out anew
    at = page.locator(f"#{name} canvas").first.bounding_box()
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=10)
    page.mouse.up()


def test_panels_that_a_model_cannot_have_are_not_there(browser):
    found = {}
    for name in NAMES:
        open_tab(browser, name)
        tabs = browser.get_by_role("tab").locator("visible=true").all_inner_texts()
        found[name] = [tab for tab in tabs if tab not in (*NAMES, "Chains")]
    assert found == {
        "ehm_digits": ["Samples", "Your image", "Directions", "Interpolation", "Critic"],
        "vae_digits": ["Samples", "Your image", "Directions", "Interpolation"],
        "wgan_gp_digits": ["Samples", "Directions", "Critic"],
        "vae_toy4": ["Samples"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_those_of_the_seed(browser, models, name):
    open_tab(browser, name, "Samples")
    press(browser, "Draw")
    model = models[name]
    np.testing.assert_array_equal(shown(browser, f"{name}-samples"), model.shown(model.sample(36, 0)))


def test_an_empty_canvas_is_told_and_a_drawing_is_reconstructed(browser, models):
    open_tab(browser, "ehm_digits", "Your image")
    press(browser, "Reconstruct")
    browser.get_by_text("Draw or upload an image first.").wait_for()
    scribble(browser, "ehm_digits-canvas")
    press(browser, "Reconstruct")
    browser.get_by_text(re.compile(r"Resized from \d+x\d+ to the model's 8x8\. log P\(x\) is at least about -?\d+")).wait_for()
    both = shown(browser, "ehm_digits-reconstruction")
    left, right = both[:, :280].astype(int), both[:, 282:].astype(int)
    assert left.max() > 200  # the stroke, light on dark
    assert left[:35, -35:].max() < 50  # beside it
    assert right.std() > 10


def test_a_picture_is_uploaded_and_what_is_none_is_told(browser, tmp_path):
    open_tab(browser, "ehm_digits", "Your image")
    picture, broken = tmp_path / "picture.png", tmp_path / "broken.png"
    Image.new("RGB", (300, 150), "white").save(picture)
    broken.write_text("no picture")
    canvas = browser.locator("#ehm_digits-canvas")
    for path, said in ((broken, "Draw or upload an image first."), (picture, "Resized from 300x150 to the model's 8x8.")):
        canvas.get_by_label("Clear canvas").first.click()
        canvas.get_by_label("Image", exact=True).first.click()
        canvas.locator("input[type=file]").first.set_input_files(path)
        browser.wait_for_timeout(2000)  # until it is on the canvas, of which the page says nothing
        press(browser, "Reconstruct")
        browser.locator("#ehm_digits-said").get_by_text(said).wait_for()


def test_a_slider_turns_the_code(browser, models):
    open_tab(browser, "ehm_digits", "Directions")
    model = models["ehm_digits"]
    mean, directions = model.directions
    press(browser, "Show")
    np.testing.assert_array_equal(shown(browser, "ehm_digits-turned"), model.shown(model.generate(mean[None])))
    before = browser.locator("#ehm_digits-turned img").first.get_attribute("src")
    browser.locator("#ehm_digits-direction-0 input[type=number]").fill("2")
    press(browser, "Show")
    browser.wait_for_function(
        "before => document.querySelector('#ehm_digits-turned img').getAttribute('src') !== before", arg=before
    )
    turned = model.shown(model.generate((mean + 2 * directions[0])[None]))
    np.testing.assert_allclose(shown(browser, "ehm_digits-turned").astype(int), turned.astype(int), atol=1)


def test_an_interpolation_begins_and_ends_at_its_images(browser, models):
    open_tab(browser, "ehm_digits", "Interpolation")
    press(browser, "Interpolate")
    strip = shown(browser, "ehm_digits-interpolated")
    model = models["ehm_digits"]
    ends = model.shown(np.repeat(model.sample(2, 0), 2, 0), 4)  # each twice: two are shown larger
    np.testing.assert_array_equal(strip[:, :64], ends[:, :64])
    np.testing.assert_array_equal(strip[:, -64:], ends[:, -64:])


@pytest.mark.parametrize(("tabs", "names"), WHOLE)
def test_what_is_shown_is_not_squeezed(browser, tabs, names):
    """Canvases keep their 280 pixels, each result has a third of the page, and what is compared is side by side."""
    open_tab(browser, *tabs)
    boxes = [browser.locator(f"#{name}").first.bounding_box() for name in names]
    assert all(box["width"] >= 280 for box in boxes), boxes
    assert len({round(box["y"]) for box in boxes}) == 1, boxes


@pytest.mark.parametrize("name", ["ehm_digits", "wgan_gp_digits"])
def test_the_critic_marks_what_it_would_change(browser, models, name):
    open_tab(browser, name, "Critic")
    press(browser, "Judge")
    model = models[name]
    x = model.sample(1, 0)
    np.testing.assert_array_equal(shown(browser, f"{name}-heat"), heat(x, model.critic(x)[1]))
    browser.locator(f"#{name}-score").get_by_text("The critic says").wait_for()


def test_chains_run_frame_by_frame(browser, models):
    open_tab(browser, "Chains")
    press(browser, "Run")
    number = browser.locator("#chains-frame input[type=number]")
    browser.wait_for_function("() => document.querySelector('#chains-frame input[type=number]').value === '20'")
    for side, name in (("left", "ehm_digits"), ("right", "vae_digits")):
        model = models[name]
        *_, last = model.chain(models["ehm_digits"].sample(8, 0), 20, 0)
        np.testing.assert_array_equal(shown(browser, f"chains-{side}"), model.shown(last, 4))
    assert number.input_value() == "20"
