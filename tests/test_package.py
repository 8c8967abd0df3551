"""The package as Jupyter sees it."""

import jupyter_eventlog


def test_names_its_extension_points():
    (labextension,) = jupyter_eventlog._jupyter_labextension_paths()
    assert labextension["dest"] == "jupyter-eventlog"
    assert jupyter_eventlog._jupyter_server_extension_points()
