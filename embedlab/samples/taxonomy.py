"""A small taxonomy of animals and plants: a tree whose depth is known, for hyperbolic embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from embedlab.core.kind import Kind
from embedlab.samples.base import Sample, SampleFiles

#: Indentation says what belongs to what; leaves are separated by commas.
_TREE: Final = """
living thing
  animal
    vertebrate
      mammal
        carnivore
          cat family: cat, lion, tiger, leopard, lynx
          dog family: dog, wolf, fox, jackal
          bear family: brown bear, polar bear, panda
          seal family: harbor seal, monk seal
        hoofed mammal
          horse family: horse, donkey, zebra
          cattle family: cow, bison, sheep, goat, antelope
          deer family: red deer, moose, reindeer
        primate
          ape: human, chimpanzee, gorilla, orangutan
          monkey: macaque, baboon, marmoset
        rodent
          mouse family: mouse, rat
          squirrel family: squirrel, marmot, chipmunk
        whale: blue whale, dolphin, orca
      bird
        bird of prey: eagle, hawk, falcon, owl
        songbird: sparrow, robin, lark, crow
        water bird: duck, goose, swan, penguin
        flightless bird: ostrich, emu, kiwi
      reptile
        snake: cobra, python, viper
        lizard: gecko, iguana, chameleon
        turtle: tortoise, sea turtle
      fish
        bony fish: salmon, trout, cod, herring
        cartilaginous fish: shark, ray
      amphibian: frog, toad, salamander
    invertebrate
      insect
        beetle: ladybug, stag beetle, weevil
        butterfly: monarch, swallowtail
        bee family: honeybee, bumblebee
        fly family: housefly, mosquito
      arachnid: spider, scorpion, mite
      mollusk: snail, octopus, squid, oyster
      crustacean: crab, lobster, shrimp
  plant
    flowering plant
      rose family: rose, apple, cherry, strawberry
      grass family: wheat, rice, maize, bamboo
      bean family: pea, lentil, soybean, clover
      nightshade family: tomato, potato, pepper
      daisy family: sunflower, daisy, lettuce
    conifer: pine, spruce, larch, cedar
    fern: bracken, maidenhair
    moss: peat moss, hair moss
"""
_INDENT: Final = 2


def relations() -> Iterator[tuple[str, str, int]]:
    """Yield each node with its parent and its depth; the root, `living thing`, has depth 0 and is no child."""
    path: list[str] = []
    for line in _TREE.strip("\n").splitlines():
        name, _, leaves = line.strip().partition(": ")
        depth = (len(line) - len(line.lstrip())) // _INDENT
        path = [*path[:depth], name]
        if depth:
            yield name, path[depth - 1], depth
        for leaf in filter(None, leaves.split(", ")):
            yield leaf, name, depth + 1


def write_taxonomy(path: Path) -> None:
    """Write the tree as `child,parent`."""
    lines = [f"{child},{parent}\n" for child, parent, _ in relations()]
    path.write_text("child,parent\n" + "".join(lines), encoding="utf-8")


def write_groups(path: Path) -> None:
    """Write the nodes as `node,kingdom`: animal, plant, or both for the root."""
    parent_of = {child: parent for child, parent, _ in relations()}

    def kingdom(node: str) -> str:
        while parent_of.get(node, "living thing") != "living thing":
            node = parent_of[node]
        return "root" if node == "living thing" else node

    nodes = ["living thing", *parent_of]
    path.write_text("node,kingdom\n" + "".join(f"{node},{kingdom(node)}\n" for node in nodes), encoding="utf-8")


def _write(folder: Path) -> SampleFiles:
    files = SampleFiles(folder / "taxonomy.csv", others={"nodes": folder / "kingdoms.csv"})
    write_taxonomy(files.path)
    write_groups(files.others["nodes"])
    return files


SAMPLE: Final = Sample(
    "taxonomy",
    "Animals and plants",
    "A small tree of life, which fits into a disc: general groups in the middle, species near the border.",
    Kind.GRAPH,
    "poincare",
    {"vector_size": 2, "epochs": 100},
    _write,
)
