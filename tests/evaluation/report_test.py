"""A report holds everything itself, and a browser shows it without a complaint."""

import html.parser
import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.evaluation import linear_models
from zoo.evaluation import figures, report, running
from zoo.evaluation.results import Result

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LINES = [{"step": step, "wake/loss": 1 / step} for step in (10, 20, 30)]


def write(path):
    """A page about two runs, one of which lacks a value."""
    images = figures.png_of_grid(np.random.default_rng(0).random((4, 8, 8, 1)))
    found = {
        "first <run>": {
            "data": "bars",
            "negative_elbo": Result(12.25, 0.5, "nats", "lower", "Negative ELBO", 'A "bound" of -log P(x).'),
            "table": Result({"1": {"a": Result(2.5)}}),
            "settings": {"number": 3, "more": {"a": 1}},
        },
        "second": {
            "data": "bars",
            "negative_elbo": Result(reason="it has none & <never> will"),
            "table": Result(reason="no chain"),
        },
    }
    pictures = {"first <run>": {"Samples": images}, "second": {"Samples": images}}
    report.write(path, "Two runs", found, pictures, {"first <run>": LINES, "second": []})


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "page.html"
    write(path)
    assert list(path.parent.iterdir()) == [path]
    return path


def test_values_errors_and_reasons_are_there_and_escaped(page):
    text = page.read_text()
    assert "12.25 &plusmn; 0.5" in text
    assert "it has none &amp; &lt;never&gt; will" in text
    assert "<never>" not in text
    assert "first &lt;run&gt;" in text
    assert "nats; lower is better" in text
    # Of the table, one run has a value, and the other a reason.
    assert "<td>2.5</td>" in text
    assert "<td>bars</td><td>bars</td>" in text
    plain = "<table><tr><th>number</th><td>3</td></tr><tr><th>more</th><td>{&#x27;a&#x27;: 1}</td></tr></table>"
    assert f"<h3>first &lt;run&gt;: settings</h3>{plain}" in text
    assert "<td>below</td><td><small>no chain</small></td>" in text


def test_a_row_is_called_in_words_and_says_what_it_means(page):
    heading = re.search(r"<th[^>]*>Negative ELBO.*?</th>", page.read_text())[0]
    assert 'title="A &quot;bound&quot; of -log P(x)."' in heading
    assert "<code>negative_elbo</code>" in heading


def test_every_result_of_the_measures_has_a_name_and_a_meaning():
    found = running.quantities()
    assert {"negative_elbo", "frechet_distance", "chain"} <= found.keys()
    assert [name for name, quantity in found.items() if not (quantity.name and quantity.meaning.endswith("."))] == []


def marked(path, *values, better="lower"):
    """What is marked in a row of values with standard errors; None is a run without a value."""
    items = [Result(*value, better=better) if value else Result(reason="none", better=better) for value in values]
    found = {str(number): {"measure": item} for number, item in enumerate(items)}
    report.write(path / "page.html", "Row", found, {run: {} for run in found}, {run: [] for run in found})
    return re.findall(r'<td class="best">([-\d.]+)', (path / "page.html").read_text())


@pytest.mark.parametrize(
    ("values", "better", "best"),
    [
        # The difference of 1 has a standard error of sqrt(0.3^2 + 0.4^2) = 0.5.
        ([(3.0, 0.3), (4.01, 0.4)], "lower", ["3"]),
        ([(3.0, 0.3), (3.99, 0.4)], "lower", []),
        ([(3.0, 0.3), (4.01, 0.4)], "higher", ["4.01"]),
        ([(3.0, 0.3), (3.99, 0.4)], "higher", []),
        ([(3.0, 0.3), (4.01, 0.4), None], "lower", ["3"]),
        # The second best counts, and one whose error is not known might be better.
        ([(3.0, 0.3), (9.0, 0.3), (3.1, 0.3)], "lower", []),
        ([(3.0, 0.3), (9.0, None)], "lower", []),
        ([(3.0, 0.3), (9.0, 0.3)], "", []),
        ([(3.0, 0.3), None], "lower", []),
    ],
)
def test_the_best_is_marked_beyond_two_standard_errors_of_the_difference(values, better, best, tmp_path):
    assert marked(tmp_path, *values, better=better) == best


def test_nothing_is_loaded_from_elsewhere(page):
    class Sources(html.parser.HTMLParser):
        found = ()

        def handle_starttag(self, tag, attributes):
            self.found += tuple(value for name, value in attributes if name in ("src", "href"))

    sources = Sources()
    sources.feed(page.read_text())
    assert len(sources.found) == 1 + 2 + 1  # the icon, two pictures, one curve
    assert all(value.startswith("data:") for value in sources.found)


CHECK = """<script>window.onload = () => {
  const images = [...document.images].map(i => i.complete && i.naturalWidth > 0);
  document.body.setAttribute("data-images", JSON.stringify(images));
}</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_loads_every_picture_and_its_console_has_no_error(page, tmp_path):
    probe = tmp_path / "probe.html"
    probe.write_text(page.read_text().replace("</body>", CHECK))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", "--dump-dom", probe.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    loaded = re.search(r'data-images="(\[[^"]*\])"', run.stdout)
    assert json.loads(loaded.group(1)) == [True] * 3
    assert not [line for line in run.stderr.splitlines() if "CONSOLE" in line]


def test_pictures_of_a_model_in_the_plane_open_and_a_failing_one_is_left_out():
    model = linear_models.build(
        encoder=(linear_models.A[:2], linear_models.C), decoder=(linear_models.W[:, :2], linear_models.B[:2])
    )
    x = linear_models.draw(300)[:, :2]
    found = figures.pictures(model, linear_models.dataset(x=x))
    assert found.keys() == {"Data and samples", "Codes Q(z) over codes P(z)"}
    for image in found.values():
        assert np.asarray(Image.open(io.BytesIO(image)).convert("L")).std() > 0


def test_curves_are_one_picture_a_term():
    assert figures.curves({"one": LINES, "two": LINES[:1], "none": []}).keys() == {"wake/loss"}
