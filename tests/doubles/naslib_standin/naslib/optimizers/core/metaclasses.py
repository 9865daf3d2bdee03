from __future__ import annotations

from abc import ABC, abstractmethod


class MetaOptimizer(ABC):
    using_step_function = True

    @abstractmethod
    def adapt_search_space(self, search_space, scope=None, dataset_api=None): ...

    @abstractmethod
    def get_final_architecture(self): ...

    @abstractmethod
    def get_op_optimizer(self): ...

    def new_epoch(self, epoch):
        return None

    def before_training(self):
        return None

    def after_training(self):
        return None

    def train_statistics(self, report_incumbent=True):
        raise NotImplementedError

    def test_statistics(self):
        return None

    def get_model_size(self):
        return 0

    def get_checkpointables(self):
        return None
