"""What the site takes from the project itself, so that it cannot go stale: MkDocs calls these functions.

zoo.md               every part, config and pretrained model, from their docstrings and cards
security.md          SECURITY.md
<!-- measures -->    in a page: a table of what the measures return
<!-- studies -->     the studies whose results lie in docs/studies/
$$ ... $$            a formula, as MathML
"""

import ast
import html
import json
import pathlib
import re
import sys
import tarfile
import textwrap

from latex2mathml.converter import convert
from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).parents[1]
KINDS = {  # folder -> what the parts in it are
    "objectives": "Objectives",
    "approximators": "Approximators of log-densities",
    "distributions": "Distributions",
    "networks": "Networks",
    "variance_reduction": "Variance reduction",
    "samplers": "Samplers",
    "data": "Data sets",
}
FACTORIES = ("load", "build", "conditional", "prior", "step", "sampler")  # what makes a module a part, beside *_loss


def on_files(files, config):
    """Adds the pages that are made here."""
    pages = {"zoo.md": zoo_page(), "security.md": (ROOT / "SECURITY.md").read_text()}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    for name, content in pictures().items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown, page, config, files):
    """Fills in the tables, and sets the formulas."""
    for mark, made in (("measures", measures_table), ("studies", studies_list)):
        if f"<!-- {mark} -->" in markdown:
            markdown = markdown.replace(f"<!-- {mark} -->", made())
    return re.sub(r"\$\$(.+?)\$\$", _formula, markdown, flags=re.DOTALL)


def _formula(found):
    """MathML of a formula; no bar in it, because a bar ends the cell of a table."""
    return convert(" ".join(found[1].split())).replace("|", "&#x7C;")


def docstring(path):
    """The docstring of a file."""
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def _is_part(path):
    names = [getattr(node, "name", "") for node in ast.parse(path.read_text()).body]
    return path.stem != "__init__" and any(name in FACTORIES or name.endswith("_loss") for name in names)


def zoo_page():
    """Every pretrained model, config and part."""
    sections = ["# The zoo", "Made from the docstrings of the parts and configs, and from the cards of the models."]
    sections += ["## Pretrained models", *(_pretrained(*each) for each in sorted(_index().items()))]
    sections += ["## Configs", "Each trains with its own command; `--dry_run` shows what it resolves to."]
    sections += [_config(path) for path in sorted((ROOT / "configs").glob("*.py")) if path.stem != "__init__"]
    for folder, title in KINDS.items():
        paths = sorted(path for path in (ROOT / "zoo" / folder).glob("*.py") if _is_part(path))
        rows = (f"| `{path.stem}` | {_cell(docstring(path).partition(chr(10))[0])} |" for path in paths)
        sections += [f"## {title}", "\n".join(["| name | what it is |", "| --- | --- |", *rows])]
    return "\n\n".join(sections) + "\n"


def _cell(text):
    return html.escape(text, quote=False).replace("|", "&#x7C;")


def _index():
    return json.loads((ROOT / "zoo/pretrained/index.json").read_text())


def _member(name, file):
    """The bytes of a file in a pretrained model's archive; None if it is not there."""
    with tarfile.open(ROOT / f"zoo/pretrained/{name}.tar.gz") as archive:
        found = [member for member in archive.getmembers() if pathlib.PurePath(member.name) == pathlib.PurePath(file)]
        return archive.extractfile(found[0]).read() if found else None


def pictures():
    """{file of the site: bytes} of the cards' pictures."""
    found = {f"models/{name}.png": _member(name, "samples.png") for name in _index()}
    return {name: content for name, content in found.items() if content}


def _pretrained(name, entry):
    """What a model's card says of it: the sentence, the picture, the measures."""
    card = _member(name, "README.md").decode()
    measures = re.search(r"^## Evaluation\n\n(.*?)\n\n", card, re.DOTALL | re.MULTILINE)
    picture = [f"![samples of {name}](models/{name}.png){{ width=360 }}"] if f"models/{name}.png" in pictures() else []
    use = f'`zoo.load("{name}")`, {entry["bytes"]:,} bytes.'
    return "\n\n".join([f"### {name}", f"{entry['summary']} {use}", *picture, measures[1] if measures else ""])


def _config(path):
    """A config's docstring: its commands are indented, and so they are code."""
    first, _, rest = docstring(path).partition("\n")
    return f"### {path.stem}\n\n{html.escape(first, quote=False)}\n\n{textwrap.dedent(rest).strip()}"


def studies_list():
    """A line for each study that has a report."""
    reports = sorted((ROOT / "docs/studies").glob("*/README.md"))
    titles = {path: path.read_text().partition("\n")[0].lstrip("# ") for path in reports}
    return "\n".join(f"- [{title}](studies/{path.parent.name}/README.md)" for path, title in titles.items()) or "None yet."


def measures_table():
    """One row for each result of the measures: what the reports call it, its unit, which way is better, what it means."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    import tools  # noqa: F401  (keeps TensorFlow's notices away)
    from zoo.evaluation import running  # not before a page asks for it: TensorFlow takes its time

    rows = [
        f"| {quantity.name}<br>`{name}` | {_cell(quantity.unit)} | {quantity.better} | {_cell(quantity.meaning)} |"
        for name, quantity in running.quantities().items()
    ]
    return "\n".join(["| measure | unit | better | what it means |", "| --- | --- | --- | --- |", *rows])
