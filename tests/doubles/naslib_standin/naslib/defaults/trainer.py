from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch

from naslib.search_spaces.core.query_metrics import Metric

KEPT = ("train_acc", "valid_acc", "test_acc", "runtime", "train_time")


class Trainer:
    def __init__(self, optimizer, config, lightweight_output=False):
        self.optimizer, self.config = optimizer, config
        self.trajectory = {"params": optimizer.get_model_size(), **{name: [] for name in KEPT}}

    def search(self, resume_from=""):
        config, optimizer = self.config, self.optimizer
        np.random.seed(config.search.seed)  # noqa: NPY002
        torch.manual_seed(config.search.seed)
        optimizer.before_training()
        begin = self._load(resume_from) + 1 if resume_from else 0
        for epoch in range(begin, config.search.epochs):
            started = time.time()
            optimizer.new_epoch(epoch)
            seconds = time.time() - started
            train, valid, test, train_time = optimizer.train_statistics(True)
            for name, value in zip(KEPT, (train, valid, test, seconds, train_time), strict=True):
                self.trajectory[name].append(value)
            if (epoch + 1) % config.search.checkpoint_freq == 0:
                self._save(f"model_{epoch:07d}", epoch)
            if epoch == config.search.epochs - 1:
                self._save("model_final", epoch)
            optimizer.test_statistics()
            written = json.dumps([config, self.trajectory])
            Path(config.save, "errors.json").write_text(written)
        optimizer.after_training()

    def evaluate(self, dataset_api=None, metric=None):
        self._load(Path(self.config.save, "search", "model_final.pth"))
        best = self.optimizer.get_final_architecture()
        best.get_hash()
        wanted = metric or Metric.TEST_ACCURACY
        return best.query(metric=wanted, dataset=self.config.dataset, dataset_api=dataset_api)

    def _save(self, name, epoch):
        model = self.optimizer.get_checkpointables()["model"]
        content = {"model": model.state_dict(), "iteration": epoch}
        torch.save(content, Path(self.config.save, "search", f"{name}.pth"))

    def _load(self, path):
        """As fvcore does: tensors of another shape than the model's are left out."""
        model = self.optimizer.get_checkpointables()["model"]
        content = torch.load(path)
        present = model.state_dict()
        fitting = {
            name: tensor
            for name, tensor in content["model"].items()
            if name not in present or present[name].shape == tensor.shape
        }
        model.load_state_dict(fitting, strict=False)
        return content["iteration"]
