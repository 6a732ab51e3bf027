"""One person's sitting with a project: the queue, the current article, and every way to change it.

Invariant: what `state` shows is what the database holds: an edit is on disk before it is in `state`, and a change by
another process replaces `state` as soon as `refresh` or an edit meets it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from annotations import edits, history, propagation
from annotations.config import Config, nearest
from annotations.draft import Pen
from annotations.errors import PostilError, QueryError, Refused, StaleEdit, StoreError
from annotations.history import Entry
from annotations.model import Analysis, Edit, Layer, Progress
from annotations.offers import merge
from annotations.people import named
from annotations.propagation import Found, Options, Part, Place, Sought
from annotations.queue import Is, parse
from annotations.selection import compile_query, holding, searching
from annotations.state import ArticleState
from annotations.store import Applied, Store, new_id, now

IDLE = 60.0
"""Seconds without a key after which time no longer counts as work."""

FLUSH = 30.0
"""Seconds after which the bookkeeping of reading is saved."""

PATIENCE = 0.5
"""Seconds that the bookkeeping waits for another program's lock: nobody is kept from going on by it."""

CHANGED_ELSEWHERE = "this article was changed in another window: it is shown as it is now; try again"
"""Said when an edit was made on what is no longer so."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Bookkeeping of the current article that is not saved yet."""

    place: int = 0
    read_to: int = 0
    seconds: float = 0.0
    keystrokes: int = 0
    saved_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """How the database stood when the current article was read: the newest edits of the person and of the reviewed
    layer, and how many entities each layer has on the article. Compared to find out what others did."""

    me: int
    edits: tuple[int, ...] = (0,)
    sizes: tuple[tuple[int, int], ...] = ()

    @property
    def of_others(self) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
        """What does not change by the person's own edits."""
        return self.edits[1:], tuple(size for size in self.sizes if size[0] != self.me)


class Session:
    """The one object that the screens hold. `clock` gives monotonic seconds; who is `visiting` leaves no trace."""

    def __init__(
        self,
        store: Store,
        config: Config,
        person: str,
        review: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        visiting: bool = False,
    ) -> None:
        self.store, self.config, self.clock = store, config, clock
        self.layer = self._person(named(person), visiting or not store.writable)
        self.review = self._reviewed(review) if review else None
        self.query = ""
        self.queue: list[int] = []
        """Ids of articles, ascending: the order of import."""
        self.size = 0
        """How many articles there were when all of them were asked for last."""
        self._settled = (-1, 0)
        self.state: ArticleState | None = None
        self.suggester_error: str | None = None
        self.unsaved: str | None = None
        """Why the newest attempt to save anything failed; None when it did not."""
        self._notice: str | None = None
        self._told = False
        """Whether it was said that bookkeeping is owed."""
        self._tally = Tally()
        self._owed: dict[int, Tally] = {}
        """Bookkeeping that could not be saved yet, by article."""
        self._sources = self._suggesters()
        self._mark = Mark(self.layer.id)
        self._last_key = self._focused_at = clock()
        self.find("")

    def _person(self, name: str, visiting: bool) -> Layer:
        found = self.store.find_layer("person", name)
        if found is None and visiting:
            return Layer(-1, "", "person", name)
        return found or self.store.layer("person", name)

    @property
    def newcomer(self) -> bool:
        """Whether this person has neither opened nor changed anything here yet, and is about to, for their own work."""
        traces = self.store.newest_edits([self.layer.id]) != (0,) or self.store.last_opened(self.layer)
        return self.review is None and self.store.writable and not traces

    @property
    def wants_suggester(self) -> bool:
        """Whether a model or pattern file is configured, nobody's work alone is being reviewed, and what is suggested
        can be kept."""
        return bool(self._sources)

    def _suggesters(self) -> set[tuple[str, str]]:
        """Kind and name of the layers in which suggestions are to be expected."""
        if self.review is not None or not self.store.writable:
            return set()
        suggest, folder = self.config.suggest, self.config.path.parent
        found = {("patterns", path.stem) for path in suggest.patterns}
        if suggest.pipeline is not None:
            is_name = suggest.pipeline.isidentifier()
            name = suggest.pipeline if is_name else (folder / suggest.pipeline).resolve().name
            found.add(("model", name))
        return found

    def named_layer(self, text: str) -> Layer:
        """The layer written as KIND:NAME or KIND:NAME@VERSION, without a version the newest. PostilError if none."""
        text = text.strip()
        kind, _, rest = text.partition(":")
        name, at, version = rest.rpartition("@")
        found = self.store.find_layer(kind, rest)  # a name may be a mail address
        if found is None and at:
            found = self.store.find_layer(kind, name, version or None)
        if found is None:
            titles = [layer.title for layer in self.store.layers()]
            close = nearest(text, titles)
            hint = f'did you mean "{close}"?' if close else f"there are: {', '.join(titles) or 'none'}"
            raise PostilError(f"{text}: there is no such layer here; {hint}")
        return found

    def _reviewed(self, text: str) -> Layer:
        found = self.named_layer(text)
        if found.kind == "gold":
            raise PostilError("--from gold: gold never suggests")
        if found.id == self.layer.id:
            raise PostilError(f"--from {text}: that is your own layer; name somebody else's")
        return found

    # -- the queue -------------------------------------------------------------------------------

    def find(self, query: str) -> list[int]:
        """Makes the answer of a query the queue; "" is every article. QueryError leaves the queue as it is."""
        where, parameters = compile_query(parse(query, self.config.schema), self.layer.id)
        with searching(self.store.connection):
            self.queue = self.store.article_ids(self.layer, where, parameters)
        self.query = query
        if not query:
            self.size = len(self.queue)
        return self.queue

    def find_titles(self, words: Sequence[str]) -> list[int]:
        """Makes the articles with all these words in the title the queue, for a list that narrows while typing."""
        where = " AND ".join(["postil_contains(?, a.title)"] * len(words)) or "1"
        with searching(self.store.connection):
            self.queue = self.store.article_ids(self.layer, where, [word.casefold() for word in words])
        return self.queue

    def first_place(self) -> int | None:
        """The article to open first: where the person left off if it is still open, else the first open one."""
        last = self.store.last_opened(self.layer)
        if last in self.queue and self.store.progress(last, self.layer.id).status == "open":
            return last
        return self.open_beyond(0, 1) or (last if last in self.queue else next(iter(self.queue), None))

    def open_beyond(self, article: int, step: int) -> int | None:
        """The next (`step` 1) or previous (-1) article of the queue that the person has neither settled nor skipped."""
        return next(self._in_queue(self.store.open_articles(self.layer, article, step)), None)

    def offered_beyond(self, article: int, step: int) -> int | None:
        """The next or previous of these for which there are suggestions, decided or not."""
        found = self.store.offered_articles(self.layer, article, step, self.review)
        return next(self._in_queue(found), None)

    def flagged(self) -> list[int]:
        """The articles of the queue that the person flagged, in its order."""
        where, parameters = compile_query(Is("flagged"), self.layer.id)
        return list(self._in_queue(self.store.article_ids(self.layer, where, parameters)))

    def _in_queue(self, articles: Iterable[int]) -> Iterator[int]:
        for id in articles:
            place = bisect_left(self.queue, id)
            if place < len(self.queue) and self.queue[place] == id:
                yield id

    def next_open(self) -> int | None:
        """The next open article after the current one, from the top again at the end; None when all are settled."""
        current = self.state.article.id if self.state else 0
        found = self.open_beyond(current, 1) or self.open_beyond(0, 1)
        return found if found != current else None

    @property
    def settled(self) -> int:
        """How many articles of the project the person has settled; counted anew after an edit of theirs."""
        newest = self.store.newest_edits([self.layer.id])[0]
        if self._settled[0] != newest:
            self._settled = newest, self.store.settled(self.layer)
        return self._settled[1]

    def open_elsewhere(self) -> int:
        """How many open articles are not in the queue."""
        listed = set(self.queue)
        where, parameters = compile_query(Is("open"), self.layer.id)
        return sum(id not in listed for id in self.store.article_ids(self.layer, where, parameters))

    def neighbour(self, step: int) -> int | None:
        """The article `step` places further in the queue, None past its ends."""
        if self.state is None or self.state.article.id not in self.queue:
            return next(iter(self.queue), None)
        place = self.queue.index(self.state.article.id) + step
        return self.queue[place] if 0 <= place < len(self.queue) else None

    # -- the current article ---------------------------------------------------------------------

    def open(self, article: int) -> ArticleState:
        """Makes an article the current one."""
        if self.state is not None and self.state.article.id != article:
            self.flush()
        self.state = self._load(article)
        progress, owed = self.state.progress, self._owed.get(article)
        self._tally = owed or Tally(progress.place, progress.read_to, saved_at=self.clock())
        self._focused_at = self.clock()
        return self.state

    def _load(self, article: int) -> ArticleState:
        self._mark = self._look(article)
        return self._read(article)

    def _read(self, article: int) -> ArticleState:
        """How an article looks to the person now; the current one stays what it is."""
        store, me = self.store, self.layer.id
        offers = store.offers(article, self.layer, self.review)
        suggestions, links = merge(offers, self.config.schema, self.config.suggest.floor)
        analysis = store.analysis(article)
        return ArticleState(
            store.article(article),
            self.layer,
            self.config.schema,
            store.entities(article, me),
            store.relations(article, me),
            store.decisions(article, me),
            self._progress(article),
            suggestions,
            links,
            analysis or Analysis(),
            not self._sources or self._sources <= store.readers(article),
        )

    def _progress(self, article: int) -> Progress:
        """How far the person is with an article, with the place that could not be saved yet."""
        progress, owed = self.store.progress(article, self.layer.id), self._owed.get(article)
        return progress if owed is None else replace(progress, place=owed.place, read_to=owed.read_to)

    def current(self) -> ArticleState:
        """The current article. Refused when there is none."""
        if self.state is None:
            raise Refused("no article is open")
        return self.state

    @property
    def awaits_suggestions(self) -> bool:
        """Whether the current article's suggestions are still to come."""
        return self.state is not None and not self.state.analysed and self.suggester_error is None

    def refresh(self) -> bool:
        """Takes in what other processes committed; whether the current article changed by it."""
        if not self.store.changed() or self.state is None:
            return False
        article = self.state.article.id
        there = self._look(article)
        if (there.edits, there.of_others) == (self._mark.edits, self._mark.of_others):
            return False
        self.state = self._load(article)
        return True

    def _look(self, article: int) -> Mark:
        """All that tells, cheaply, whether an article looks another way to this person than before."""
        layers = [self.layer.id] + ([self.review.id] if self.review else [])
        return Mark(self.layer.id, self.store.newest_edits(layers), self.store.sizes(article))

    def reload(self, config: Config) -> None:
        """Works on with another config.yaml; queue and article stay. QueryError leaves the old one in force when
        the filter does not hold with the new one."""
        old = self.config
        self.config = config
        try:
            self.find(self.query)
        except QueryError:
            self.config = old
            raise
        self._sources, self.suggester_error = self._suggesters(), None
        if self.state is not None:
            self.state = self._load(self.state.article.id)

    # -- edits -----------------------------------------------------------------------------------

    def pen(self) -> Pen:
        """What verbs need from outside: time, ids, and how long the person looked."""
        return Pen(now(), new_id, ms=min(int((self.clock() - self._focused_at) * 1000), 3_600_000))

    def do(self, verb: Callable[..., Edit], *arguments: Any) -> Edit:
        """Applies a verb of `annotations.edits` to the current article, durably. Refused as the verb says, or when
        somebody else changed the article meanwhile: it is then loaded anew."""
        return self.apply(verb(self.current(), self.pen(), *arguments))

    def apply(self, edit: Edit) -> Edit:
        """Saves an edit of the current article and shows it in `state`. Refused when another window of the same person
        has changed the article: it is then loaded anew."""
        article, seen = self.current().article.id, self._mark.edits[0]
        try:
            with self._saving():
                seq = self.store.apply(self.layer, edit, seen)
        except StaleEdit as error:
            self.state = self._load(article)
            raise Refused(CHANGED_ELSEWHERE) from error
        self._show(edit, seen, seq)
        self._focused_at = self.clock()
        return edit

    @contextmanager
    def _saving(self) -> Iterator[None]:
        """Notes whether the database takes what is written."""
        try:
            yield
        except StoreError as error:
            self.unsaved = error.reason
            raise
        self.unsaved = None

    def _show(self, edit: Edit, seen: int, seq: int) -> None:
        """Brings `state` up to date with a saved edit, and with what others committed before it; `seen` is the newest
        edit of the person before this one, `seq` its own journal row."""
        state, before = self.current(), self._mark
        by_others = self.store.changed() and self._look(state.article.id).of_others != before.of_others
        if by_others or seen != before.edits[0]:
            self.state = self._load(state.article.id)
        else:
            state.apply(edit)
            self._mark = replace(before, edits=(seq, *before.edits[1:]))

    # -- the same words elsewhere ----------------------------------------------------------------

    def corpus_places(self, key: str, options: Options, limit: int = 2000) -> Found:
        """The other places of the focused words in all articles that the person has not skipped, those of the current
        one first, then in order of import; at most `limit`. Refused as `propagation.sought_by`."""
        here = propagation.places(self.current(), key, options).places
        sought = propagation.sought_by(self.current(), key)
        found = [*islice(chain(here, self._places_elsewhere(sought, options)), limit + 1)]
        return Found(tuple(found[:limit]), len(found) > limit)

    def _places_elsewhere(self, sought: Sought, options: Options) -> Iterator[Place]:
        where, parameters = holding(propagation.longest_word(sought.text), options.match_case)
        with searching(self.store.connection):
            articles = self.store.article_ids(
                self.layer, f"coalesce(p.status, 'open') <> 'skipped' AND {where}", parameters
            )
        for id in articles:
            text = self.store.article(id).text
            if id != self.current().article.id and propagation.occurs(text, sought.text, options):
                state = self._read(id)
                for place in propagation.places_of(state, sought, options):
                    yield propagation.elsewhere(place, state)

    def propagate(self, key: str, ticked: Sequence[Place], exceptions: Sequence[Place]) -> Edit:
        """Gives places in any articles the label of the focused entity or suggestion, and remembers the exceptions; one
        edit, whose undo comes back here. Refused, with nothing changed, when a place is no longer as it was shown."""
        here = self.current().article.id
        wanted: dict[int, tuple[list[Place], list[Place]]] = {here: ([], [])}
        for which, places in enumerate((ticked, exceptions)):
            for place in places:
                wanted.setdefault(place.article, ([], []))[which].append(place)
        label = propagation.sought_by(self.current(), key).label
        parts = (self._part(id, label, *found) for id, found in wanted.items())
        return self.apply(propagation.propagate(parts, self.pen(), key))

    def _part(self, article: int, label: str, ticked: Sequence[Place], exceptions: Sequence[Place]) -> Part:
        away = article != self.current().article.id
        state = self._read(article) if away else self.current()
        for place in (*ticked, *exceptions):
            now = propagation.place_at(state, place.span, label)
            if not propagation.stands(place, propagation.elsewhere(now, state) if away else now):
                raise Refused(f"“{place.title}” was changed meanwhile: look at the places again")
        return Part(state, tuple(p.span for p in ticked), tuple(p.span for p in exceptions))

    def delete_copies(self, key: str) -> Edit:
        """Deletes an entity with its copies in all articles; one edit, whose undo comes back here."""
        state = self.current()
        articles = self.store.copied_to(self.layer, propagation.origin_of(state, key))
        others = (self._read(id) for id in articles if id != state.article.id)
        return self.apply(propagation.delete_copies(chain([state], others), self.pen(), key))

    # -- undo ------------------------------------------------------------------------------------

    def undo(self) -> Applied:
        """Takes the person's newest edit back, in whichever article it was, and goes there."""
        with self._saving():
            applied = self.store.undo(self.layer)
        return self._follow(applied)

    def redo(self) -> Applied:
        """Repeats what undo took back last, and goes there."""
        with self._saving():
            applied = self.store.redo(self.layer)
        return self._follow(applied)

    def _follow(self, applied: Applied) -> Applied:
        if self.state is not None and applied.article == self.state.article.id:
            self._show(applied.edit, applied.seen, applied.seq)
        elif applied.article is not None:
            self.open(applied.article)
        return applied

    def done(self, pending: str | None = None) -> Edit:
        """Settles the current article; what is pending goes by the config's policy or by `pending`."""
        return self.do(edits.done, pending or self.config.done)

    # -- looking back ----------------------------------------------------------------------------

    def history(self, key: str | None) -> list[Entry]:
        """What this person did to an entity, a relation or a suggestion of the current article, oldest first; without
        a key, to the article."""
        state = self.current()
        pasts = [history.read(row) for row in self.store.journal_of(self.layer, state.article)]
        if key is None:
            return history.of_article(pasts, self.layer.name)
        return history.of_thing(pasts, self.layer.name, state, key)

    # -- bookkeeping -----------------------------------------------------------------------------

    def tick(self, place: int) -> None:
        """Counts a keystroke at a code point; a pause over a minute is not work."""
        moment = self.clock()
        pause = moment - self._last_key
        self._last_key = moment
        tally = self._tally
        self._tally = replace(
            tally,
            place=place,
            seconds=tally.seconds + (pause if pause <= IDLE else 0.0),
            keystrokes=tally.keystrokes + 1,
        )

    def stands(self, place: int) -> None:
        """Notes at which code point the cursor is after a key."""
        self._tally = replace(self._tally, place=place)

    def saw(self, top: int, bottom: int) -> None:
        """Notes that the code points from `top` to `bottom` were on screen; a gap ends what counts as read."""
        if top <= self._tally.read_to < bottom:
            self._tally = replace(self._tally, read_to=bottom)

    @property
    def read_to(self) -> int:
        """Up to which code point the current article was on screen without a gap."""
        return self._tally.read_to

    def focused(self) -> None:
        """Notes that the person's attention went to another item."""
        self._focused_at = self.clock()

    def flush_when_due(self) -> None:
        """Saves the bookkeeping when it is older than half a minute."""
        if self.clock() - self._tally.saved_at > FLUSH:
            self.flush()

    def flush(self) -> None:
        """Saves the bookkeeping of the current article, and what is owed of others. Never raises and never waits long:
        what cannot be saved now is owed, and the first time `notice` has a sentence about it."""
        if self.state is None or not self.store.writable:
            return
        here = self.state.article.id
        self._owed.pop(here, None)
        self._owed[here] = self._tally
        try:
            with self._saving(), self.store.waiting(PATIENCE):
                for article, tally in list(self._owed.items()):
                    self._keep(article, tally)
                    del self._owed[article]
        except StoreError as error:
            if not self._told:
                self._notice = f"where you were is not saved: {error.reason}; you can go on, and leave"
            self._told, self._tally = True, replace(self._tally, saved_at=self.clock())
        else:
            self._told = False
            self._tally = replace(self._tally, seconds=0.0, keystrokes=0, saved_at=self.clock())

    def _keep(self, article: int, tally: Tally) -> None:
        self.store.keep_place(
            article, self.layer, tally.place, tally.read_to, tally.seconds, tally.keystrokes
        )

    @property
    def owes(self) -> bool:
        """Whether there is bookkeeping that could not be saved."""
        return bool(self._owed)

    def notice(self) -> str | None:
        """What the person should hear, once, of what happened beside the commands."""
        notice, self._notice = self._notice, None
        return notice
