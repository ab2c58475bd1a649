"""Nearest neighbours in codes: which examples mean nearly the same to the model."""

from sklearn.neighbors import NearestNeighbors

from zoo.applications import codes


def nearest(model, x, among, count=5):
    """The examples whose codes are nearest, by the Euclidean distance of codes.

    Args:
      model: a model with an encoder.
      x: examples [n, *event_shape], as `fit` takes them.
      among: examples [m, *event_shape] to look among.
      count: how many for each.

    Returns:
      (rows of `among` int [n, count], the nearest first; distances float [n, count]).

    Raises:
      ValueError: if there are fewer than `count` to look among.
    """
    if not 1 <= count <= len(among):
        raise ValueError(f"count must be from 1 to {len(among)}, the examples to look among, found {count}")
    index = NearestNeighbors(n_neighbors=count).fit(codes.of(model, among))
    distances, rows = index.kneighbors(codes.of(model, x))
    return rows, distances
