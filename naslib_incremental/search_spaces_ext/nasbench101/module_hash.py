"""Isomorphism hashes of one labelled graph: NAS-Bench-101's MD5, and the paper's on bytes.

Both refine a digest per vertex, as many rounds as there are vertices, from the sorted digests of
its predecessors and successors (Ying et al. 2019, ``graph_util.hash_module``). They name cells in
files; bulk work takes a search space's 64-bit hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2s, md5

INPUT_LABEL = -1
OUTPUT_LABEL = -2


def md5_module_hash(adjacency: Sequence[Sequence[int]], operations: Sequence[int]) -> str:
    """The module hash of the original benchmark, 32 hexadecimal digits.

    Args:
        adjacency: [V, V] rows of 0 and 1, entry [source][target], of a pruned cell.
        operations: [V - 2] operations of the inner vertices: 0 conv3x3-bn-relu,
            1 conv1x1-bn-relu, 2 maxpool3x3.
    """
    digests = _refined(adjacency, operations, _md5_digest)
    return _md5_digest(str([digest.decode() for digest in digests]).encode()).decode()


def blake2s_module_hash(adjacency: Sequence[Sequence[int]], operations: Sequence[int]) -> bytes:
    """The paper's variant of the module hash: blake2s on bytes, 32 of them.

    Args:
        adjacency: [V, V] rows of 0 and 1, entry [source][target], of a pruned cell.
        operations: [V - 2] operations of the inner vertices.

    Source: Cassimon, Mercelis and Mets 2024.
    """
    return _blake2s_digest(b"".join(_refined(adjacency, operations, _blake2s_digest)))


def _md5_digest(data: bytes) -> bytes:
    return md5(data, usedforsecurity=False).hexdigest().encode()


def _blake2s_digest(data: bytes) -> bytes:
    return blake2s(data, digest_size=32, usedforsecurity=False).digest()


def _refined(
    adjacency: Sequence[Sequence[int]],
    operations: Sequence[int],
    digest: Callable[[bytes], bytes],
) -> list[bytes]:
    """The sorted digests of all vertices after the last round."""
    vertices = range(len(adjacency))
    # Plain integers: a numpy integer writes itself otherwise, which would change the digest.
    labels = [INPUT_LABEL, *map(int, operations), OUTPUT_LABEL]
    successors = [[other for other in vertices if adjacency[vertex][other]] for vertex in vertices]
    predecessors = [
        [other for other in vertices if adjacency[other][vertex]] for vertex in vertices
    ]
    digests = [
        digest(str((len(successors[vertex]), len(predecessors[vertex]), labels[vertex])).encode())
        for vertex in vertices
    ]
    for _ in vertices:
        digests = [
            digest(
                b"|".join(
                    (
                        b"".join(sorted([digests[other] for other in predecessors[vertex]])),
                        b"".join(sorted([digests[other] for other in successors[vertex]])),
                        digests[vertex],
                    )
                )
            )
            for vertex in vertices
        ]
    return sorted(digests)
