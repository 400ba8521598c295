from edgeproxy.exchange import Exchange, Refused
from edgeproxy.telemetry.lambda_edge_log import LambdaEdgeLog

REFUSED = Refused("E123", "AbC==", "arn:aws:lambda:us-east-1:123456789012:function:us-east-1.f:1", "uuid", "no.")


def exchange(*facts):
    made = Exchange("GET", "/", 0.0)
    for name, value in facts:
        made.note(name, value)
    return made


def test_a_result_that_failed_validation_is_told_as_cloudfront_tells_it(tmp_path):
    said = []
    log = LambdaEdgeLog(tmp_path, said.append)
    log.accept(exchange(("refused", REFUSED), ("error", "no.")))
    log.accept(exchange(("error", "another")))
    (file,) = tmp_path.rglob("*.log")
    assert file.relative_to(tmp_path).as_posix().startswith("aws/cloudfront/LambdaEdge/E123/")
    assert file.read_text() == (
        "(AbC==) INFO Invoking LambdaFunctionARN: arn:aws:lambda:us-east-1:123456789012:function:us-east-1.f:1 Region: us-east-1\n"
        "(AbC==) INFO Response received from Lambda: RequestId: uuid\n"
        "(AbC==) ERROR Validation error: no.\n"
    )
    assert said == []


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path):
    (tmp_path / "aws").write_text("a file")
    said = []
    log = LambdaEdgeLog(tmp_path, said.append)
    for _ in range(2):
        log.accept(exchange(("refused", REFUSED)))
    assert len(said) == 1
