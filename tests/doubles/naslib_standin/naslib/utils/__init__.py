"""Imports, as NASLib does, what it uses nowhere and what is gone."""

from __future__ import annotations

import collections

import pytorch_msssim
import torchvision.datasets
from pyro.contrib import gp

OLD_NAME = collections.Iterable


class NeedsPyro(gp.kernels.RBF): ...


assert pytorch_msssim
assert torchvision
