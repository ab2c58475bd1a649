"""The card of an exported model: README.md, for people and for the two sites that models are shared on.

Its head is YAML as Hugging Face reads it (each value in JSON's notation, which YAML takes), with the measures as a
model-index; its title and the comments below are the fields of TF Hub's documentation. Sections: Overview, Data, Evaluation,
Endpoints, Usage, Limits, Licence.

Source: Hugging Face, "Model Cards" (metadata, model-index); TensorFlow Hub, "Writing model documentation"; Mitchell et al.,
"Model Cards for Model Reporting" (2019).
"""

import dataclasses
import json

import numpy as np
import tensorflow as tf

from zoo import machine
from zoo.evaluation import running
from zoo.evaluation.pictures import grid, save_png
from zoo.export import endpoints
from zoo.models import conditional

NAME, PICTURE = "README.md", "samples.png"
UNKNOWN = "not recorded"
NUM_SAMPLES = 64
# What approximators of each kind say.
KINDS = {
    "density": "log-density in nats, up to a constant where its module says so",
    "ratio": "log ratio in nats",
    "potential": "potential: it orders examples and is not in nats",
    "gradient": "surrogate of which only the gradient with respect to x means anything",
}


@dataclasses.dataclass(frozen=True)
class About:
    """What a model's card says beyond what the model tells; what is left out is called not recorded.

    Attributes:
      name: of the model.
      config: an ml_collections.ConfigDict, the whole experiment.
      commit: of the code.
      fingerprint: of the data set.
      evaluation: what tools.evaluate printed, a dictionary; under "command", by what.
      licence: of the weights, an SPDX identifier.
    """

    name: str
    config: object = None
    commit: str = UNKNOWN
    fingerprint: str = ""
    evaluation: dict = dataclasses.field(default_factory=dict)
    licence: str = "Apache-2.0"


def about_run(name, config, **more):
    """What is known of a training run: its config, and the commit of this code if it is a checkout."""
    return About(name=name, config=config, commit=machine.commit() or UNKNOWN, **more)


def about_model(name, model):
    """What is known of a model in memory: the experiment that it was built from, and its data, where it has them."""
    if getattr(model, "config", None) is None:
        return About(name=name)
    return about_run(name, model.config, fingerprint=model.data.fingerprint if model.data else "")


def write(model, folder, about):
    """Writes the card into a model's folder, and the picture it shows if the model makes images."""
    if len(model.event_shape) == 3 and model.event_shape[-1] in (1, 3):
        classes = conditional.classes(model)
        at = model.given(np.arange(NUM_SAMPLES) * classes // NUM_SAMPLES) if classes else model
        images = endpoints.Endpoints(at).sample(tf.constant(NUM_SAMPLES), tf.constant(0))
        save_png(grid(images), folder / PICTURE)
    (folder / NAME).write_text(text(model, about, picture=(folder / PICTURE).is_file()))


def text(model, about, picture=False):
    """The whole card."""
    sections = {
        "Overview": _overview(model, picture),
        "Data": _data(model, about),
        "Training": _training(model, about),
        "Evaluation": _evaluation(about),
        "Endpoints": _endpoints(model),
        "Usage": _usage(about, model),
        "Limits": _limits(model),
        "Licence": f"{about.licence}, for the weights and the code. The data have a licence of their own.",
    }
    body = "\n".join(f"## {title}\n\n{content}\n" for title, content in sections.items())
    return f"{_head(model, about)}\n{_title(model, about)}\n{body}"


def _objective(model):
    return model.training_step.objective.name.rpartition(".")[2]


def _dataset(about):
    return about.config.data.name if about.config else UNKNOWN


def _metrics(about):
    """(name, value) of every result in an evaluation that is a number; counts and settings are none.

    What a measure of somebody else has found is a result if it has a standard error.
    """
    if not about.evaluation:
        return []
    declared = running.quantities()
    return [
        (name, value)
        for name, value in about.evaluation.items()
        if isinstance(value, int | float)
        and not name.endswith("_standard_error")
        and (name.partition("[")[0] in declared or f"{name}_standard_error" in about.evaluation)
    ]


def _head(model, about):
    results = []
    if metrics := _metrics(about):
        results.append(
            {
                "task": {"type": "unconditional-image-generation", "name": "Latent-variable model"},
                "dataset": {"name": _dataset(about), "type": _dataset(about), "split": about.evaluation.get("split", "test")},
                "metrics": [{"type": name, "value": value, "name": name} for name, value in metrics],
                "source": {"name": about.evaluation.get("command", UNKNOWN), "url": "#evaluation"},
            }
        )
    head = {
        "license": about.licence.lower(),
        "library_name": "tensorflow",
        "tags": ["saved-model", "latent-variable-model", _objective(model).replace("_", "-")],
        "datasets": [_dataset(about)],
        "model-index": [{"name": about.name, "results": results}],
    }
    return "---\n" + "".join(f"{key}: {json.dumps(value)}\n" for key, value in head.items()) + "---"


def _title(model, about):
    fields = {
        "format": "saved_model_2",
        "asset-path": f"{about.name}.tar.gz",
        "task": "image-generator" if len(model.event_shape) == 3 else "generator",
        "dataset": _dataset(about),
        "network-architecture": _networks(about),
        "fine-tunable": "true",
        "license": about.licence.lower(),
        "language": "en",
    }
    comments = "\n".join(f"<!-- {name}: {value} -->" for name, value in fields.items())
    return f"# Module symmetric-zoo/{about.name}/1\n\n{summary(model, about)}\n\n{comments}\n"


def _networks(about):
    sections = about.config.model if about.config else {}
    return next((sections[part].name for part in ("joint", "decoder") if sections and sections[part].name), "custom")


def summary(model, about):
    """The model in one sentence."""
    return f"A latent-variable model of {_dataset(about)}, trained with the objective {_objective(model)}."


def _overview(model, picture):
    images = "images in [0, 1]; grey levels 0 to 255 are refused, divide them by 255"
    ranges = images if len(model.event_shape) == 3 else "vectors as they are"
    lines = [
        f"x: float32 [batch, {', '.join(map(str, model.event_shape))}], {ranges}. z: float32 [batch, {model.latent_size}].",
        "",
        "| part | weights |",
        "| --- | --- |",
        *(f"| {name} | {sum(v.shape.num_elements() for v in variables):,} |" for name, variables in _weights(model).items()),
    ]
    if picture:
        lines += ["", f"![samples]({PICTURE})", "", f"*{NUM_SAMPLES} samples, seed 0.*"]
    return "\n".join(lines)


def _weights(model):
    return {name: [variable.value for variable in variables] for name, variables in model.networks().items()}


def _data(model, about):
    preprocessing, named = model.preprocessing, _named_data(about)
    if preprocessing is None:
        return f"{named}; x is given to the model as it is."
    return (
        f"{named}: {preprocessing.levels or 'no'} grey levels; range of x {preprocessing.value_range}, "
        f"dequantization {preprocessing.dequantization}, binarization {preprocessing.binarization}."
    )


def _named_data(about):
    """The data set by its name, the file or folder that it was read from, and its fingerprint."""
    if not about.config:
        return UNKNOWN
    section = about.config.data
    known = [str(section[field]) for field in ("file", "folder") if section.get(field)]
    known += ["given in memory"] * (section.get("file") == "")
    known += [f"fingerprint {about.fingerprint}"] if about.fingerprint else []
    return f"{section.name} ({', '.join(known)})" if known else section.name


def _training(model, about):
    lines = [f"{int(model.step.numpy()):,} steps with the objective {_objective(model)}. Commit of the code: {about.commit}."]
    if about.config:
        lines += ["", "```json", json.dumps(json.loads(about.config.to_json()), indent=1), "```"]
    else:
        lines += ["", f"The config is {UNKNOWN}."]
    return "\n".join(lines)


def _evaluation(about):
    metrics = _metrics(about)
    if not metrics:
        return f"Measures are {UNKNOWN}."
    rows = []
    for name, value in metrics:
        error = about.evaluation.get(f"{name}_standard_error")
        rows.append(f"| {name} | {value:.5g} | {UNKNOWN if error is None else format(error, '.2g')} |")
    setup = {key: value for key, value in about.evaluation.items() if (key, value) not in metrics and "_error" not in key}
    command = setup.pop("command", UNKNOWN)
    return "\n".join(
        ["| measure | value | standard error |", "| --- | --- | --- |", *rows, "", f"By `{command}`: {json.dumps(setup)}"]
    )


def _endpoints(model):
    lines = ["| endpoint | what it gives |", "| --- | --- |"]
    for name in endpoints.names(model):
        meaning = (getattr(endpoints.own(model), name).__doc__ or "").partition("\n")[0]
        lines.append(f"| `{name}` | {meaning.replace('|', chr(92) + '|')} |")
    if classes := conditional.classes(model):
        taken = f"All but `prior` and `log_p_z` take `label`, 0 to {classes - 1}, one for all examples or one for each."
        lines += ["", f"{taken} `reconstruct` takes `new_label` as well."]
    for name, part in model.approximators.items():
        lines += ["", f"`critic` stands in for {name}: a {KINDS.get(part.KIND, part.KIND)}."]
    return "\n".join(lines)


def _usage(about, model):
    label = "label=0, " if conditional.classes(model) else ""
    return "\n".join(
        [
            "```python",
            "import tensorflow as tf",
            "",
            f'model = tf.saved_model.load("{about.name}")     # the folder; or zoo.load, which also checks it',
            f"images = model.sample(16, {label}seed=0)",
            "```",
        ]
    )


def _limits(model):
    lines = [
        "- Trained on one data set and good for nothing else; it was not examined for bias.",
        "- What the model was not trained on it may call likely: a likelihood is no detector of foreign data.",
        "- Draws of an endpoint are a function of its seed on one kind of device; another may give other draws.",
    ]
    if model.energy is not None:
        lines.append("- Its log P(x) is as good as the estimate of log Z, whose standard error `log_prob` gives.")
    elif not model.has_likelihood_bound:
        lines.append("- It has no bound of log P(x), so `elbo` and `log_prob` are missing.")
    if not model.has_posterior and model.energy is None:
        lines.append("- It has no posterior, so `encode` and `reconstruct` are missing.")
    return "\n".join(lines)
