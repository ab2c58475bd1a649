"""The results for people: each work as it ends, and one markdown table at the end."""


def _spread(found, digits=3):
    """median (low to high), or a dash."""
    if not found or found.get("median") is None:
        return "-"
    numbers = [f"{found[key]:.{digits}g}" for key in ("median", "low", "high")]
    return f"{numbers[0]} ({numbers[1]} to {numbers[2]})"


def of_work(name, report):
    """Several lines about one work."""
    lines = [f"{name}: {report['what']}"]
    for label, found in report["contestants"].items():
        if found["seconds"] is None:
            lines.append(f"  {label:16} out: {found['reason']}")
            continue
        speed = f"{found['gflop_per_second']['median']:.0f} Gflop/s" if "gflop_per_second" in found else ""
        memory = f"{found['peak_bytes'] / 2**20:.0f} MiB" if "peak_bytes" in found else ""
        notes = "  ".join(note for note in (speed, memory, found.get("settings", "")) if note)
        lines.append(f"  {label:16} {_spread(found['seconds'])} s  {notes}")
    for figure, found in report["figures"].items():
        aim = f"   aim {found['aim']}: {VERDICT[found['met']]}" if "aim" in found else ""
        lines.append(f"  {figure}: {_spread(found)}{aim}")
    return "\n".join(lines)


def of_profile(name, profile):
    """A table of the kinds of operation of a step, or of the bound of an image."""
    lines = [
        f"{name}: {profile['milliseconds']:.3g} ms a step or image, {profile['processor_milliseconds']:.3g} of processor time",
        "| kind of operation | ms | operations |",
        "| --- | --- | --- |",
    ]
    kinds = profile["kinds"].items()
    return "\n".join(lines + [f"| {kind} | {found['milliseconds']:.3f} | {found['operations']} |" for kind, found in kinds])


VERDICT = {True: "met", False: "missed", None: "not measured"}


def markdown(works):
    """One row for each figure of each work."""
    rows = ["| work | figure | median (quartiles) | aim |", "| --- | --- | --- | --- |"]
    for report in works.values():
        for figure, found in report["figures"].items():
            aim = f"{found['aim']}: {VERDICT[found['met']]}" if "aim" in found else ""
            rows.append(f"| {report['what'].rstrip('.')} | {figure} | {_spread(found)} | {aim} |")
    return "\n".join(rows)
