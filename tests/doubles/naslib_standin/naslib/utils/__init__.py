"""Imports, as NASLib does, what it uses nowhere and what is gone."""

from __future__ import annotations

import collections
import logging
from pathlib import Path

import numpy as np
import pytorch_msssim
import torch
import torchvision.datasets
import yaml
from pyro.contrib import gp

OLD_NAME = collections.Iterable


class NeedsPyro(gp.kernels.RBF): ...


assert pytorch_msssim
assert torchvision


class Node(dict):
    """Keys as attributes, like fvcore's ``CfgNode``."""

    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name, value):
        self[name] = value


def load_config(path):
    def nodes(found):
        return Node(
            {key: nodes(one) if isinstance(one, dict) else one for key, one in found.items()}
        )

    return nodes(yaml.safe_load(Path(path).read_text()))


def setup_logger(output):
    logger = logging.getLogger("naslib")
    logger.addHandler(logging.FileHandler(output))
    return logger


def log_args(args):
    logging.getLogger(__name__).info("%s", dict(args))


def set_seed(seed):
    torch.manual_seed(seed)


def get_dataset_api(search_space=None, dataset=None):
    raise AssertionError(f"Could not find the data of {search_space}")


def get_last_checkpoint(config):
    return str(Path(config.save, "search", "model_final.pth"))


def count_parameters_in_MB(model):  # noqa: N802
    """TypeError with numpy 2.4, as NASLib's."""
    return np.sum(np.prod(part.size()) for _, part in model.named_parameters()) / 1e6
