"""The figures of question 1: stimuli, what networks make of them, and what they have learned."""

from collections.abc import Iterator

import numpy as np

from spec.harness import Figure, Implementation, figure, figures_of

from .cat_experiments import CatPictures, Cue, DistantMarks
from .cat_stimuli import DISTANCES, VERSIONS, canny, cat_photo
from .edge_experiments import ColourPhotos, FacesAsEdges, Role
from .face_experiments import RealFaces, RelationalFaces
from .face_stimuli import GRID
from .measures import Model, Sample, accuracy, linking_head, pixels

SHOWN = 8
"""How many pictures stand in a row."""


def grey_pictures(sample: Sample, label: int, n: int = SHOWN) -> np.ndarray:
    """The first replicate's first pictures of a class, (n, height, width)."""
    return pixels(sample.images[0, sample.labels[0] == label, 0][:n])


def stretched(images: np.ndarray) -> np.ndarray:
    """Pictures (n, h, w) in any numbers as pixels, each from its darkest, 0, to its brightest, 1."""
    low, high = images.min((1, 2), keepdims=True), images.max((1, 2), keepdims=True)
    return (images - low) / np.maximum(high - low, 1e-12)


def colour_pictures(images: np.ndarray) -> np.ndarray:
    """Images with the colours last: (…, 3, h, w) → (…, h, w, 3)."""
    return np.clip(np.moveaxis(images, -3, -1), 0, 1)


@figures_of("face.normal-both-good")
def photos_to_test_on(photos: RealFaces) -> Iterator[Figure]:
    """Photos of either class."""
    says = "Photos of faces, and of other things, that no network has seen in training."
    rows = {"faces": grey_pictures(photos.normal, 1), "other photos": grey_pictures(photos.normal, 0)}
    yield figure("photos", "pictures", says, **rows)


@figures_of("face.scrambled-attention-better")
def drawn_faces(faces: RelationalFaces) -> Iterator[Figure]:
    """Drawn faces of either layout and class."""
    says = "Drawn faces: trained on normal ones, tested on ones whose parts lie anywhere."
    rows = {
        f"{layout}, eyes {like}": grey_pictures(sample, label)
        for layout, sample in (("normal", faces.normal), ("scrambled", faces.scrambled))
        for like, label in (("alike", 1), ("different", 0))
    }
    yield figure("faces", "pictures", says, **rows)


@figures_of("face.scrambled-attention-better")
def scrambled_photos(photos: RealFaces) -> Iterator[Figure]:
    """Photos of either class, whole and scrambled."""
    says = "Real photos, whole and with their blocks moved about."
    scrambled = photos.scrambled().first(photos.normal.labels.shape[1])  # by one permutation
    rows = {
        "faces": grey_pictures(photos.normal, 1),
        "scrambled faces": grey_pictures(scrambled, 1),
        "scrambled others": grey_pictures(scrambled, 0),
    }
    yield figure("scrambled-photos", "pictures", says, **rows)


@figures_of("face.links-separated-eyes")
def attention_maps(faces: RelationalFaces) -> Iterator[Figure]:
    """What each eye attends to, in the head that links the eyes most."""
    says = "Where an eye looks for the other: the weights that the head which links them most gives the sixteen cells."
    watched = faces.watched
    picture, eyes = watched.images[0, :SHOWN, 0], np.stack([cells[0, :SHOWN] for cells in watched.eyes])  # (2, n)
    for name, positions in (("attention", False), ("attention_with_positions", True)):
        weights = faces.trained("attention", positions=positions).attention_layers(watched.images)["weights"]
        head, _ = linking_head(weights, *map(faces.patches_of, watched.eyes))
        of_head = weights[0, :SHOWN].reshape(SHOWN, -1, *weights.shape[-2:])[:, head[0]]  # (n, cells, cells)
        left, right = (of_head[np.arange(SHOWN), eye].reshape(SHOWN, GRID, GRID) for eye in eyes)
        maps = {"from the left eye": left, "from the right eye": right}
        framed = np.stack(np.divmod(eyes, GRID), axis=-1)
        yield figure(f"maps-{name}", "overlay", says, picture=pixels(picture), framed=framed, **maps)


@figures_of("cat.edge-image")
def edges_of_a_photo(impl: Implementation) -> Iterator[Figure]:
    """The photo of a cat, and its edges."""
    says = "The cat in colour and grey, and what edge filters leave of it."
    photo = cat_photo()
    grey = photo.mean(axis=2)
    edges = impl.convolution.edge_magnitude(grey[np.newaxis])
    canny_edges = canny(photo.transpose(2, 0, 1)[np.newaxis])[:, 0]
    rows = {"photo": photo[np.newaxis], "grey": grey[np.newaxis]}
    rows |= {"Sobel's edges": edges / edges.max(), "Canny's edges": canny_edges}
    yield figure("chelsea", "pictures", says, **rows)


@figures_of("cat.parts-are-found")
def costs_of_covering(cats: CatPictures) -> Iterator[Figure]:
    """What covering each square costs, over the pictures."""
    says = "What covering the square around each pixel costs a trained network: most where an ear is."
    picture = colour_pictures(pixels(cats.pictures("ears").images[0, :6]))
    costs = np.pad(np.maximum(cats.cost_of_covering()[0, :6], 0), ((0, 0), (1, 2), (1, 2)))
    yield figure("occlusion", "overlay", says, picture=picture, **{"cost of covering": costs})


@figures_of("cat.filters-learn-colour")
def first_filters(cats: CatPictures) -> Iterator[Figure]:
    """The filters of the first replicate's networks."""
    says = "The first layer's filters as pictures, grey where a filter is 0; where ears tell, they lose their colour."
    filters = {
        "before training": cats.trained("convolution", "colour", steps=0).filters()[0],
        "where colour tells": cats.trained("convolution", "colour").filters()[0],
        "where ears tell": cats.trained("convolution", "ears").filters()[0],
    }
    largest = max(max(np.abs(weights).max() for weights in filters.values()), 1e-12)
    rows = {name: colour_pictures(0.5 + weights / (2 * largest)) for name, weights in filters.items()}
    yield figure("filters", "pictures", says, **rows)


@figures_of("cat.attention-better-on-edges")
def versions_of_pictures(cats: CatPictures) -> Iterator[Figure]:
    """Drawn animals in all versions, and the accuracy of every network on each."""
    says = "Drawn cats and dogs in the four versions that networks are tested on."
    shown = {version: cats.pictures("colour", version).images[0, :SHOWN] for version in VERSIONS}
    rows: dict[str, np.ndarray] = {version: colour_pictures(pixels(images)) for version, images in shown.items()}
    yield figure("versions", "pictures", says, **rows)

    networks: dict[str, tuple[Model, Cue]] = {
        "convolution by colour": (cats.trained("convolution", "colour"), "colour"),
        "attention by colour": (cats.trained("attention", "colour"), "colour"),
        "convolution by ears": (cats.trained("convolution", "ears"), "ears"),
        "attention by ears": (cats.trained("attention", "ears"), "ears"),
        "convolution from edges": (cats.trained("convolution", "colour", version="sobel"), "colour"),
        "attention from edges": (cats.trained("attention", "colour", version="sobel"), "colour"),
    }
    table = np.array([[accuracy(model, cats.pictures(cue, v)) for v in VERSIONS] for model, cue in networks.values()])
    yield figure(
        "accuracy",
        "matrix",
        "Accuracy on each version of the pictures, mean over replicates; chance is 0.5.",
        values=np.moveaxis(table, -1, 0),
        row=list(networks),
        column=list(VERSIONS),
        row_label="network, and what it learned from",
        column_label="version tested on",
    )


@figures_of("cat.attention-better-on-edges")
def faces_as_edges(photos: FacesAsEdges) -> Iterator[Figure]:
    """Photos of either class, as networks learned them and as edges, and how networks do on each class of edges."""
    says = "Photos of faces and of other things, which networks learned, and the edges that they are tested on."
    edges = photos.edges
    shown = {"photos": photos.pictures("test", "colour"), "edges": edges}
    rows = {
        f"{name} of {what}": stretched(sample.images[0, sample.labels[0] == label, 0][:SHOWN])
        for label, what in ((1, "faces"), (0, "other things"))
        for name, sample in shown.items()
    }
    yield figure("faces-as-edges", "pictures", says, **rows)

    roles: tuple[Role, ...] = ("convolution", "attention", "patches")
    by_class = [[accuracy(photos.learned(role), edges, edges.labels == label) for label in (1, 0)] for role in roles]
    yield figure(
        "edges-by-class",
        "matrix",
        "Share of edge pictures of each class that are put there: a convolution takes other things for faces.",
        values=np.moveaxis(np.array(by_class), -1, 0),
        row=list(roles),
        column=["faces", "other things"],
        row_label="network that learned photos",
        column_label="edges of",
    )


@figures_of("cat.missing-colour-is-why")
def crops_of_photos(photos: ColourPhotos) -> Iterator[Figure]:
    """Crops of the six photos in all versions, and convolution trained on each version, tested on each."""
    says = "Crops of six colour photos, in the four versions that networks learn from and are tested on."
    tested = {version: photos.pictures("test", version) for version in VERSIONS}
    rows = {version: colour_pictures(pixels(sample.images[0, :SHOWN])) for version, sample in tested.items()}
    yield figure("crops", "pictures", says, **rows)

    table = [[accuracy(photos.trained("convolution", learned), tested[v]) for v in VERSIONS] for learned in VERSIONS]
    yield figure(
        "crops-accuracy",
        "matrix",
        "Accuracy of convolution at telling which of six photos a crop is from; chance is one in six.",
        values=np.moveaxis(np.array(table), -1, 0),
        row=list(VERSIONS),
        column=list(VERSIONS),
        row_label="version learned from",
        column_label="version tested on",
    )


@figures_of("cat.patterns-need-not-be-local")
def distant_marks(marks: DistantMarks) -> Iterator[Figure]:
    """Strips of either class, and accuracy over the receptive field for each distance."""
    says = "Strips whose marks are ten columns apart, and match in one class only."
    strips = marks.strips(marks.FAR)
    rows = {"marks match": grey_pictures(strips, 1, 4), "marks differ": grey_pictures(strips, 0, 4)}
    yield figure("strips", "pictures", says, **rows)

    says = (
        "Accuracy of convolutional networks steps up from chance once their receptive field covers the pair of marks."
    )
    axes = {"x": marks.WIDTHS, "x_label": "width of the receptive field, columns", "y_label": "accuracy"}
    lines = {f"marks {d} columns apart": accuracy(marks.windows(d), marks.strips(d)).T for d in DISTANCES}
    yield figure("step", "curves", says, **axes, **lines)
