"""A Slack that refuses what Slack refuses: the limits of docs.slack.dev, "Block Kit", "Attachments" and "chat.postMessage".

Only what we send is known here: an element of another type is refused, too.
"""

TEXT_OF_BLOCK = {"header": 150, "section": 3_000}
ANYWHERE = {"text", "blocks", "attachments", "channel", "thread_ts", "ts"}


def length(text: str) -> int:
    """UTF-16 units, the strictest that "characters" can mean."""
    return len(text.encode("utf-16-le")) // 2


def text_problem(text, most: int, kinds=("mrkdwn", "plain_text")) -> str | None:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return "invalid_blocks"
    words = text.get("text")
    return None if isinstance(words, str) and 0 < length(words) <= most else "invalid_blocks"


def block_problem(block: dict) -> str | None:
    match block.get("type"):
        case "header":
            return text_problem(block.get("text"), 150, ("plain_text",))
        case "section":
            fields = block.get("fields", [])
            if len(fields) > 10 or not (fields or "text" in block):
                return "invalid_blocks"
            problems = [text_problem(field, 2_000) for field in fields]
            if "text" in block:
                problems.append(text_problem(block["text"], 3_000))
            return next(filter(None, problems), None)
        case "context":
            elements = block.get("elements", [])
            if not 1 <= len(elements) <= 10:
                return "invalid_blocks"
            return next(filter(None, (text_problem(element, 3_000) for element in elements)), None)
        case "actions":
            buttons = block.get("elements", [])
            problems = [text_problem(button.get("text"), 75, ("plain_text",)) for button in buttons]
            return "invalid_blocks" if not 1 <= len(buttons) <= 25 else next(filter(None, problems), None)
        case "divider":
            return None
    return "invalid_blocks"


def problem(message) -> str | None:
    """Slack's word for what is wrong with a message; None: it is taken."""
    if not isinstance(message, dict) or set(message) - ANYWHERE:
        return "invalid_payload"
    text, blocks, attachments = (message.get(name) for name in ["text", "blocks", "attachments"])
    if not text and not blocks and not attachments:
        return "no_text"
    if text is not None and (not isinstance(text, str) or length(text) > 40_000):
        return "msg_too_long"
    for these in [blocks or []] + [attachment.get("blocks", []) for attachment in attachments or []]:
        if len(these) > 50:
            return "invalid_blocks"
        found = next(filter(None, map(block_problem, these)), None)
        if found:
            return found
    return "too_many_attachments" if len(attachments or []) > 100 else None
