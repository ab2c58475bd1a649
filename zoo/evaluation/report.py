"""One HTML page about one or several models: tables, curves and pictures, all in the file itself."""

import base64
import html
import math

from zoo import atomic
from zoo.evaluation import figures
from zoo.evaluation.results import Result

ERRORS_APART = 2  # standard errors of a difference beyond which one value is called better
STYLE = """
body { font: 15px/1.4 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { border-bottom: 1px solid #ddd; padding: .2em .8em; text-align: left; vertical-align: top; min-width: 8em; }
td { font-variant-numeric: tabular-nums; }
figure { display: inline-block; margin: 0 1em 1em 0; vertical-align: top; }
figcaption { font-size: 85%; max-width: 30em; }
img { max-width: 100%; image-rendering: pixelated; border: 1px solid #ddd; }
th[title] { cursor: help; } th code { font-weight: normal; font-size: 80%; }
td.best { font-weight: bold; }
.runs { display: flex; flex-wrap: wrap; gap: 1em; }
"""


def write(path, title, found, pictures, curves):
    """Writes the page, whole or not at all.

    Args:
      path: of the file.
      title: of the page.
      found: {run: {name: Result, or a setting}}. The best result of a row is marked where it is better than each other by
        more than two standard errors of their difference, taken as independent.
      pictures: {run: {caption: PNG bytes}}.
      curves: {run: the lines of its metrics.jsonl}; none for an exported model.
    """
    plots = figures.curves(curves) if any(curves.values()) else {}
    body = [f"<h1>{html.escape(title)}</h1>", _table(found)]
    body += [_nested(run, name, table) for run, items in found.items() for name, table in _tables(items)]
    captions = dict.fromkeys(caption for made in pictures.values() for caption in made)
    body += ["<h2>Pictures</h2>"] + [_row(caption, pictures) for caption in captions] if captions else []
    body += ["<h2>Curves</h2>"] + [_figure(name, image) for name, image in plots.items()] if plots else []
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body>{"".join(body)}</body></html>
"""
    atomic.write(path, page)


def _tables(items):
    """(name, table) of each value that is a table itself."""
    values = ((name, item.value if isinstance(item, Result) else item) for name, item in items.items())
    return [(name, value) for name, value in values if isinstance(value, dict)]


def _table(found):
    """One row a value, one column a run; what is a table in every run is shown below instead."""
    names = dict.fromkeys(name for items in found.values() for name in items.keys() - dict(_tables(items)).keys())
    head = "".join(f"<th>{html.escape(run)}</th>" for run in found)
    rows = []
    for name in names:
        items = [items.get(name, "") for items in found.values()]
        best = _best(items)
        cells = "".join(f'<td class="best">{_cell(item)}</td>' if item is best else f"<td>{_cell(item)}</td>" for item in items)
        rows.append(f"<tr>{_heading(name, items)}{cells}</tr>")
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _best(items):
    """The one item of a row that is better than all others beyond two standard errors; None if there is none."""
    known = [item for item in items if isinstance(item, Result) and isinstance(item.value, int | float)]
    if len(known) < 2 or not known[0].better or any(item.standard_error is None for item in known):
        return None
    sign = 1 if known[0].better == "higher" else -1
    first, *others = sorted(known, key=lambda item: -sign * item.value)
    clear = all(
        sign * (first.value - other.value) > ERRORS_APART * math.hypot(first.standard_error, other.standard_error)
        for other in others
    )
    return first if clear else None


def _heading(name, items):
    """A row's name in words, with what it means as a tooltip; its key, its unit, and which way is better."""
    told = next((item for item in items if isinstance(item, Result)), Result())
    _, bracket, which = name.partition("[")
    called = f"{told.name}{bracket and ' '}{bracket}{which}" if told.name else name
    words = [word for word in (told.unit, told.better and f"{told.better} is better") if word]
    small = ([f"<code>{html.escape(name)}</code>"] if told.name else []) + [html.escape("; ".join(words))] * bool(words)
    title = f' title="{html.escape(told.meaning)}"' if told.meaning else ""
    return f"<th{title}>{html.escape(called)}{''.join(f'<br><small>{line}</small>' for line in small)}</th>"


def _cell(item):
    """A number with its standard error, or the reason why there is none."""
    if isinstance(item, Result) and item.value is None:
        return f"<small>{html.escape(item.reason)}</small>"
    value, error = (item.value, item.standard_error) if isinstance(item, Result) else (item, None)
    if isinstance(value, dict):
        return "below"
    if not isinstance(value, float):
        return html.escape(str(value))
    return f"{value:.5g}" + ("" if error is None else f" &plusmn; {error:.2g}")


def _nested(run, name, table):
    """A table within a value: of numbers, or of tables with one column each."""
    title = f"<h3>{html.escape(run)}: {html.escape(name)}</h3>"
    if all(isinstance(value, dict) for value in table.values()):
        return title + _table(table)
    rows = (f"<tr><th>{html.escape(str(key))}</th><td>{html.escape(str(value))}</td></tr>" for key, value in table.items())
    return f"{title}<table>{''.join(rows)}</table>"


def _figure(caption, image):
    source = base64.b64encode(image).decode()
    text = html.escape(caption)
    return f'<figure><img alt="{text}" src="data:image/png;base64,{source}"><figcaption>{text}</figcaption></figure>'


def _row(caption, pictures):
    """The same picture of each run, side by side."""
    there = {run: made[caption] for run, made in pictures.items() if caption in made}
    shown = (_figure(run, image) for run, image in there.items())
    return f'<h3>{html.escape(caption)}</h3><div class="runs">{"".join(shown)}</div>'
