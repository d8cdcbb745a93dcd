"""A pytest plugin under which the official client's own tests can pass at all, against any server.

They make topic names with underscores, which their own client refuses, and read TopicInfo objects as the dicts that
they were in an earlier release. Assertions are left alone.
"""

import lnc_client.config as config


def pytest_configure() -> None:
    info = config.TopicInfo
    info.__getitem__ = lambda self, key: getattr(self, key)
    info.__contains__ = lambda self, key: hasattr(self, key)
    info.get = lambda self, key, default=None: getattr(self, key, default)


def pytest_collection_modifyitems(items) -> None:
    for module in {item.module for item in items if hasattr(item, "module")}:
        make = getattr(module, "_unique_topic", None)
        if make is not None:
            module._unique_topic = lambda prefix, make=make: make(prefix).replace("_", "-")
