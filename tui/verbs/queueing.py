"""Moving across articles: the list narrowed by a query, all articles searched, and the next one that needs a look.

Invariant: a query that is none, or that nothing answers, leaves list and article as they were.
"""

from __future__ import annotations

from annotations.errors import QueryError, Refused
from annotations.queue import compiled, search_for
from tui.desk import Desk
from tui.safe import safe
from tui.shelf import FILTER, articles
from tui.verbs import moving

# -- the list -----------------------------------------------------------------------------------------


def ask_filter(desk: Desk) -> None:
    """Asks for a query that makes the list of articles."""
    desk.host.prompt(FILTER, desk.session.query, lambda text: filter(desk, text))


def filter(desk: Desk, query: str) -> None:
    """Makes the answer of a query the list; an empty one stands for all articles. Stays where it is, if it can."""
    _find(desk, query)
    desk.carried = ""
    count, here = articles(len(desk.session.queue)), desk.state.article.id
    if here not in desk.session.queue:
        desk.open(desk.session.queue[0])
    desk.say(f"{count} answer{'s' if len(desk.session.queue) == 1 else ''}" if query else f"all {count}")


def _find(desk: Desk, query: str) -> None:
    before = desk.session.query
    if not desk.session.find(query):
        desk.session.find(before)
        raise Refused(f"no article answers “{query}”; the list stays as it was" if query else "no articles")


def ask_search(desk: Desk) -> None:
    """Asks for an expression to search in all articles."""
    desk.host.prompt("search all articles (a regular expression)", "", lambda text: search(desk, text))


def search(desk: Desk, expression: str) -> None:
    """Makes the articles with a hit the list and goes to the first hit; n and N walk the hits of each. An empty
    expression ends the search: all articles are the list again."""
    if not expression:
        moving.search(desk, "")
        filter(desk, "")
        return
    try:
        compiled(expression)
    except QueryError as error:
        raise Refused(f"/{expression}: {error}") from error
    _find(desk, search_for(expression))
    desk.carried = expression
    desk.open(desk.session.queue[0])
    found = f"/{expression} is in {articles(len(desk.session.queue))}"
    if desk.hits:
        desk.go(0)
        moving.to_hit(desk)
    desk.say(f"{found}; {_walks(desk)}")


def _walks(desk: Desk) -> str:
    count = len(desk.hits)
    if not count:
        return "here in the title only"
    return f"{count} hit{'s' if count > 1 else ''} here, n and N walk them"


# -- what needs a look --------------------------------------------------------------------------------


def flagged(desk: Desk, step: int) -> None:
    """To the next or previous flagged article of the list, round its end."""
    found, here = desk.session.flagged(), desk.state.article.id
    if not found:
        raise Refused("no article of the list is flagged; f flags this one")
    if found == [here]:
        raise Refused("this is the only flagged article of the list")
    beyond = [id for id in found if (id > here if step > 0 else id < here)]
    target = (beyond or found)[0 if step > 0 else -1]
    desk.open(target)
    desk.say(
        f"flagged article {found.index(target) + 1} of {len(found)}{'' if beyond else ', round the end'}"
    )


def problem(desk: Desk, step: int) -> None:
    """To the next or previous problem of the article, round the end, and says what it is."""
    state = desk.state
    keys = sorted(state.problems, key=state.place_of)
    if not keys:
        raise Refused("there are no problems in this article")
    if desk.focus in keys:
        order = [keys[(keys.index(desk.focus) + step) % len(keys)]]
    else:
        beyond = [key for key in keys if (state.place_of(key)[0] - desk.offset) * step > 0]
        order = beyond or keys
    target = order[0 if step > 0 else -1]
    desk.focus_on(target)
    desk.say(f"problem {keys.index(target) + 1} of {len(keys)}: {safe(state.problems[target])}", warns=True)


def unreviewed(desk: Desk, step: int) -> None:
    """To the next or previous pending suggestion: of this article, else of the open articles below or above."""
    if moving.next_pending(desk, step) is not None:
        return
    here = article = desk.state.article.id
    while (target := desk.session.offered_beyond(article, step)) is not None:
        article = target
        desk.open(article)
        if desk.state.pending:
            desk.focus_on_item(desk.state.pending[0 if step > 0 else -1])
            desk.say(f"{desk.state.pending_count} pending in “{safe(desk.state.article.title)}”")
            return
    if article != here:
        desk.open(here)
    where = "below" if step > 0 else "above"
    raise Refused(f"nothing is pending {where}, here or in the open articles {where}")
