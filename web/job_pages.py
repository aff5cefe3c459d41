"""后台任务: what the reader started, how far it is, what came of it. Nobody sees what somebody else started."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from sqlmodel import Session

from core.errors import N_, NotThere
from core.files import StoredFile, path_of
from core.jobs import (
    JOB_STATES,
    WAITING,
    Job,
    Told,
    cancel_job,
    enqueue,
    find_own_job,
    jobs_ahead,
    own_jobs,
    told_failure,
)
from core.language import translate
from portfolio.access import Reader
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import TypedForm, id_from_text
from web.job_handlers import CHECK, REBUILD
from web.list_places import NoSuchPlace
from web.pages import page, wants_part

router = APIRouter()

TITLES = {CHECK: N_("核对各项数字"), REBUILD: N_("重建列表和汇总")}


@dataclass(frozen=True)
class JobTold:
    """What is written on a job's page besides the row itself, in the reader's language."""

    title: str
    step: str
    sentences: tuple[str, ...] = ()
    todo: str = ""
    href: str | None = None
    label: str = ""
    lines: tuple[str, ...] = ()


def _own(session: Session, reader: Reader, job_id: int) -> Job:
    """Errors: NotThere."""
    job = find_own_job(session, job_id, reader.actor.id)
    if job is None:
        raise NotThere
    return job


def _told(job: Job, choices: Choices) -> JobTold:
    def say(text: str) -> str:
        return translate(text, choices.language)

    title, step = say(job.title), say(job.step or "")
    if job.failure is not None:
        problems, todo = told_failure(job.failure)
        return JobTold(title, step, tuple(problem.text(say) for problem in problems), say(todo))
    result: dict[str, Any] = json.loads(job.result) if job.result else {}
    sentence = (Told({"facts": {}} | result).text(say),) if "sentence" in result else ()
    label = say(result.get("label") or N_("查看结果"))
    return JobTold(title, step, sentence, "", result.get("href"), label, tuple(result.get("lines", ())))


@router.get("/jobs")
def get_jobs(request: Request, reader: SignedIn, session: Reading, choices: Chosen, after: str = "") -> Response:
    before = id_from_text(after) if after else None
    if after and before is None:
        raise NoSuchPlace(field=PAGE_PLACE)
    jobs, following = own_jobs(session, reader.actor.id, before=before)
    return page(
        request,
        "jobs/jobs.html",
        jobs=[(job, _told(job, choices)) for job in jobs],
        states=JOB_STATES,
        before=before,
        following=following,
    )


@router.post("/jobs/check")
def post_check(reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    return _start(session, reader, typed.key, CHECK)


@router.post("/jobs/rebuild")
def post_rebuild(reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    return _start(session, reader, typed.key, REBUILD)


def _start(session: Session, reader: Reader, key: str | None, kind: str) -> Response:
    reader.must("decide")
    if done := answered(session, key, reader):
        return done
    job = enqueue(session, kind, TITLES[kind], {}, by=reader.actor)
    return leads_to(session, key, reader, f"/jobs/{job.id}")


@router.get("/jobs/{job_id}")
def get_job(request: Request, job_id: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    job = _own(session, reader, job_id)
    file = None if job.result_file_id is None else session.get(StoredFile, job.result_file_id)
    return page(
        request,
        "jobs/job.html",
        part="progress",
        partial=wants_part(request),
        job=job,
        told=_told(job, choices),
        states=JOB_STATES,
        ahead=jobs_ahead(session, job) if job.state == WAITING else 0,
        file=file,
    )


@router.post("/jobs/{job_id}/cancel")
def post_cancel(job_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    job = _own(session, reader, job_id)
    if done := answered(session, typed.key, reader):
        return done
    cancel_job(session, job, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


@router.get("/jobs/{job_id}/file")
def get_job_file(job_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    job = _own(session, reader, job_id)
    file = None if job.result_file_id is None else session.get(StoredFile, job.result_file_id)
    if file is None:
        raise NotThere
    # Always saved and never shown: what is in it was not made by us alone.
    return FileResponse(
        path_of(file),
        media_type=file.media_type,
        filename=file.name,
        content_disposition_type="attachment",
        headers={"Cache-Control": "private, no-store"},
    )
