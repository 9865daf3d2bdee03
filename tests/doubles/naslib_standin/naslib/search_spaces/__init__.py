from __future__ import annotations

import copy
from collections import namedtuple

import naslib.utils
from naslib.search_spaces.core.query_metrics import Metric

POOLINGS = ["max_pool_3x3", "avg_pool_3x3", "skip_connect"]
CONVOLUTIONS = ["sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]
OPERATIONS = POOLINGS + CONVOLUTIONS
Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")


class SearchSpace:
    QUERYABLE = True
    OPTIMIZER_SCOPE = None
    instantiate_model = True

    def __init__(self):
        self.held = None

    def clone(self):
        return copy.deepcopy(self)

    def take(self, spec):
        assert self.held is None or not self.instantiate_model, "one architecture an object"
        assert not self.instantiate_model, "torch networks would be built here"
        self.held = spec


class NasBench101SearchSpace(SearchSpace):
    def get_type(self):
        return "nasbench101"

    def set_spec(self, spec, dataset_api=None):
        self.take(spec)

    def get_spec(self):
        return self.held

    def get_hash(self):
        order = ["input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu"]
        return (*self.held["matrix"].flatten(), *(order.index(name) for name in self.held["ops"]))

    def query(self, metric, dataset=None, path=None, epoch=-1, full_lc=False, dataset_api=None):
        data = dataset_api["nb101_data"]
        spec = dataset_api["api"].ModelSpec(**self.held)
        if not data.is_valid(spec):
            return -1
        found = data.query(spec)
        columns = {
            Metric.TRAIN_ACCURACY: "train_accuracy",
            Metric.VAL_ACCURACY: "validation_accuracy",
            Metric.TEST_ACCURACY: "test_accuracy",
        }
        if metric in columns:
            return found[columns[metric]] * 100
        return found["training_time"] if metric is Metric.TRAIN_TIME else found


class NasBench301SearchSpace(SearchSpace):
    def get_type(self):
        return "nasbench301"

    def set_spec(self, compact, dataset_api=None):
        self.take(compact)

    def get_compact(self):
        return self.held

    def get_hash(self):
        return self.held

    def query(self, metric, dataset=None, path=None, epoch=-1, full_lc=False, dataset_api=None):
        assert epoch in (-1, 100, None)
        if metric not in (Metric.VAL_ACCURACY, Metric.TRAIN_TIME):
            return -1
        cells = [[(OPERATIONS[number], source) for source, number in cell] for cell in self.held]
        genotype = Genotype(cells[0], [2, 3, 4, 5], cells[1], [2, 3, 4, 5])
        model = dataset_api["nb301_model"][metric is Metric.TRAIN_TIME]
        return model.predict(config=genotype, representation="genotype")


class NasBench201SearchSpace(SearchSpace):
    def get_type(self):
        return "nasbench201"


assert naslib.utils
