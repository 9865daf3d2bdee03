from __future__ import annotations

import copy
from collections import namedtuple

import torch

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
        self.is_parsed = False

    def clone(self):
        return copy.deepcopy(self)

    def take(self, spec):
        assert self.held is None or not self.instantiate_model, "one architecture an object"
        self.held = spec

    def parse(self):
        assert self.held is not None
        self.is_parsed = True

    def __call__(self, x):
        assert self.is_parsed, "a network has no parameters before it is parsed"
        return torch.zeros(len(x), 10)


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


class OperationIndices(SearchSpace):
    def set_spec(self, op_indices, dataset_api=None):
        self.take(op_indices)

    def get_op_indices(self):
        return self.held

    def get_hash(self):
        return tuple(self.held)


class NasBench201SearchSpace(OperationIndices):
    def __init__(self, n_classes=10):
        super().__init__()
        self.num_classes = n_classes

    def get_type(self):
        return "nasbench201"

    def query(self, metric, dataset=None, path=None, epoch=-1, full_lc=False, dataset_api=None):
        names = ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"]
        edges = ["0>1", "0>2", "0>3", "1>2", "1>3", "2>3"]
        held = {edge: names[number] for edge, number in zip(edges, self.held, strict=True)}
        nodes = [
            "".join(f"|{held[f'{source}>{target}']}~{source}" for source in range(target)) + "|"
            for target in (1, 2, 3)
        ]
        found = dataset_api["nb201_data"]["+".join(nodes)]
        if metric is Metric.RAW:
            return found
        found = found["cifar10-valid" if dataset == "cifar10" else dataset]
        if metric is Metric.TRAIN_TIME:
            return found["cost_info"]["train_time"]
        return found["train_acc1es" if metric is Metric.TRAIN_ACCURACY else "eval_acc1es"][epoch]


class TransBench101(OperationIndices):
    def __init__(self, dataset="jigsaw"):
        super().__init__()
        self.dataset = dataset

    def query(self, metric, dataset=None, path=None, epoch=-1, full_lc=False, dataset_api=None):
        api, task = dataset_api["api"], dataset_api["task"]
        if metric is Metric.RAW:
            return api.get_arch_result(self.name()).query_all_results()[task]
        column = {
            Metric.TRAIN_ACCURACY: "train_top1",
            Metric.VAL_ACCURACY: "valid_top1",
            Metric.TEST_ACCURACY: "test_top1",
            Metric.TRAIN_TIME: "time_elapsed",
        }[metric]
        return api.get_single_metric(self.name(), task, column, mode="final")


class TransBench101SearchSpaceMicro(TransBench101):
    def get_type(self):
        return "transbench101_micro"

    def name(self):
        return "64-41414-{}_{}{}_{}{}{}".format(*self.held)


class TransBench101SearchSpaceMacro(TransBench101):
    def get_type(self):
        return "transbench101_macro"

    def name(self):
        return f"64-{''.join(str(module) for module in self.held if module != 0)}-basic"


class NasBenchNLPSearchSpace(SearchSpace):
    def get_type(self):
        return "nlp"


assert naslib.utils
