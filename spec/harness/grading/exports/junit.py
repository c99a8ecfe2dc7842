"""JUnit XML that Jenkins' schema admits: a suite per question, a case per claim, its evidence as output."""

from datetime import UTC, datetime
from xml.etree import ElementTree

from ..records import ClaimGrade, QuestionGrade, Record
from ..text import format_points, one_line


def render(record: Record) -> str:
    """The document of a submission; claims that are undecided, because the grader failed, are errors."""
    began = datetime.fromtimestamp(record.began, UTC).isoformat(timespec="seconds")
    root = ElementTree.Element("testsuites", {"name": _attribute(record.assignment or "claims")})
    if record.grade is None:
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": "grader", "tests": "1", "errors": "1", "failures": "0"}
        )
        case = ElementTree.SubElement(suite, "testcase", {"classname": "grader", "name": "run", "time": "0"})
        ElementTree.SubElement(
            case, "error", {"message": "the grader failed; no points are lost"}
        ).text = record.problem
    if record.override is not None:
        given = f"{format_points(record.by_hand)} points " if record.by_hand is not None else ""
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": "by hand", "tests": "0", "errors": "0", "failures": "0"}
        )
        ElementTree.SubElement(suite, "system-out").text = f"{given}by hand: {record.override.comment}"
    for question in record.grade.questions if record.grade else []:
        root.append(_suite(question, record, began))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(question: QuestionGrade, record: Record, began: str) -> ElementTree.Element:
    undecided = sum(claim.points is None for claim in question.claims)
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": _attribute(question.title),
            "tests": str(len(question.claims)),
            "errors": str(undecided),
            "failures": str(sum(claim.points not in (None, claim.of) for claim in question.claims)),
            "skipped": "0",
            "time": f"{sum(claim.seconds for claim in question.claims):.3f}",
            "timestamp": began,
            "hostname": _attribute(record.submission),
        },
    )
    suite.extend(_case(question, claim) for claim in question.claims)
    return suite


def _case(question: QuestionGrade, claim: ClaimGrade) -> ElementTree.Element:
    name = {"classname": question.question, "name": claim.id, "time": f"{claim.seconds:.3f}"}
    case = ElementTree.Element("testcase", name)
    if claim.points != claim.of:
        kind = "error" if claim.points is None else "failure"
        attributes = {"message": _attribute(claim.reason), "type": claim.outcome_word}
        ElementTree.SubElement(case, kind, attributes).text = claim.explanation
    earned = "unknown" if claim.points is None else format_points(claim.points)
    facts = [f"{earned} of {format_points(claim.of)} points: {claim.outcome_word}", claim.en, claim.criterion]
    # Jenkins allows properties of a suite alone.
    ElementTree.SubElement(case, "system-out").text = "\n".join(filter(None, [*facts, *claim.evidence]))
    return case


def _attribute(value: str) -> str:
    return one_line(value, 1000)
