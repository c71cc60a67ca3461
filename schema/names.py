"""Names as clients write them."""


def camel_case(name: str) -> str:
    """`target_completion_date` as `targetCompletionDate`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
