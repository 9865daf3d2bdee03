"""Optimizers that ask as NASLib's do, one query an epoch, and draw from the global generators."""

from __future__ import annotations

import random

import numpy as np
import torch

from naslib.search_spaces.core.query_metrics import Metric
from naslib.utils import count_parameters_in_MB


class Discrete:
    def __init__(self, config):
        self.config, self.search, self.held = config, config.search, []

    def adapt_search_space(self, search_space, scope=None, dataset_api=None):
        assert search_space.QUERYABLE
        self.space, self.dataset_api = search_space.clone(), dataset_api

    def draw(self):
        model = torch.nn.Module()
        model.arch = self.space.clone()
        model.arch.sample_random_architecture(dataset_api=self.dataset_api)
        return model

    def keep(self, model):
        model.accuracy = model.arch.query(
            Metric.VAL_ACCURACY, self.config.dataset, dataset_api=self.dataset_api
        )
        self.held.append(model)

    def get_model_size(self):
        return count_parameters_in_MB(torch.nn.ModuleList([torch.nn.Linear(3, 4)]))


class RandomSearch(Discrete):
    def new_epoch(self, epoch):
        assert self.search.fidelity == -1
        self.keep(self.draw())


class LocalSearch(Discrete):
    waiting = ()

    def new_epoch(self, epoch):
        if epoch < self.search.num_init:
            return self.keep(self.draw())
        if not self.waiting:
            best = max(self.held, key=lambda model: model.accuracy)
            self.waiting = best.arch.get_nbhd(dataset_api=self.dataset_api)
            random.shuffle(self.waiting)
        return self.keep(self.waiting.pop())


class RegularizedEvolution(Discrete):
    def new_epoch(self, epoch):
        size = self.search.population_size
        if epoch < size:
            return self.keep(self.draw())
        drawn = np.random.choice(size, self.search.sample_size)  # noqa: NPY002
        parent = max((self.held[-size:][place] for place in drawn), key=lambda one: one.accuracy)
        child = torch.nn.Module()
        child.arch = self.space.clone()
        child.arch.mutate(parent.arch, dataset_api=self.dataset_api)
        return self.keep(child)


class Bananas(Discrete):
    def new_epoch(self, epoch):
        assert self.space.get_type()
        if epoch < self.search.num_init:
            return self.keep(self.draw())
        weights = torch.rand(len(self.held[0].arch.encode(encoding_type=None)))
        candidates = [self.draw() for _ in range(self.search.k)]
        return self.keep(
            max(
                candidates,
                key=lambda one: float(
                    weights
                    @ torch.as_tensor(one.arch.encode(encoding_type=None), dtype=torch.float32)
                ),
            )
        )


class Npenas(Bananas): ...
