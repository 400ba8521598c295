from edgeproxy import project
from loadtests.bench import assembly, projects


def test_the_app_is_what_the_figure_says(tmp_path):
    assembly.write(tmp_path / "cdk.out")
    configuration, problems = project.check(project.Source(tmp_path / "cdk.out", {}, {}))
    assert problems == []
    assert len(list(tmp_path.glob("cdk.out/*.template.json"))) == 3
    assert len(project.functions_of(configuration.distributions)) == 5
    assert len(project.lambdas_of(configuration.distributions)) == 2


def test_a_start_and_the_saves_are_timed():
    start, save = projects.measure(1)
    assert 0 < start.value < 60
    assert 0 < save.value < projects.PATIENCE * 1000
