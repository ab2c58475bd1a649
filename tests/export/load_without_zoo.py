"""A program that has TensorFlow and nothing of ours: calls every endpoint of exported models and writes what they give.

    python -I load_without_zoo.py FOLDER

FOLDER holds inputs.npz and one SavedModel a folder; beside each, NAME.npz is written.
"""

import pathlib
import sys

import numpy as np
import tensorflow as tf

# As if neither were installed.
sys.modules["zoo"] = sys.modules["tensorflow_probability"] = None


def outputs(name, value):
    """A name and an array for each output of an endpoint."""
    if isinstance(value, dict):
        return {f"{name}/{key}": entry.numpy() for key, entry in value.items()}
    return {name: value.numpy()}


def call_all(loaded, x, z, num_samples, seed):
    """Every endpoint as an attribute and as a signature, called in the ways that the contract allows."""
    by_position = {"encode": (x,), "encode_mean": (x,), "generate": (z,), "reconstruct": (x,), "sample": (num_samples,)}
    by_position |= {"prior": (num_samples,), "draw": (z,), "log_p_z": (z,), "log_p_x_given_z": (x, z[: len(x)])}
    by_position |= {"log_q_z_given_x": (x, z[: len(x)]), "elbo": (x,), "log_prob": (x, num_samples)}
    tensors = {"x": x, "z": z, "num_samples": tf.constant(num_samples), "seed": tf.constant(seed)}
    found = outputs("call", loaded(z)) | outputs("serving_default", loaded.signatures["serving_default"](z=z)["output_0"])
    for name in set(loaded.signatures) - {"serving_default"}:
        signature = loaded.signatures[name]
        names = signature.structured_input_signature[1]
        keywords = {"seed": seed} if "seed" in names else {}
        if name == "critic":
            by_position[name] = [{"x": x, "z": z[: len(x)]}[key] for key in ("x", "z") if key in names]
        if name in ("critic", "log_p_x_given_z", "log_q_z_given_x"):
            tensors["z"] = z[: len(x)]
        found |= outputs(name, getattr(loaded, name)(*by_position[name], **keywords))
        signed = signature(**{key: tensors[key] for key in names})
        found |= outputs(f"signature:{name}", signed.get("output_0", signed))
        tensors["z"] = z
    return found


def main(folder):
    """Loads each model and writes its outputs."""
    try:
        import zoo  # noqa: F401
    except ImportError:
        inputs = np.load(folder / "inputs.npz")
    for path in folder.glob("*/saved_model.pb"):
        loaded = tf.saved_model.load(str(path.parent))
        found = call_all(loaded, inputs["x"], inputs["z"], int(inputs["num_samples"]), int(inputs["seed"]))
        np.savez(folder / f"{path.parent.name}.npz", variables=len(loaded.variables), **found)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
