// Made from docs/openapi.json by `npm run documents`.

/** What an event says, by its type. */
export interface EventData {
  /** An agent was archived: its keys stop. */
  "agent.archived": Readonly<Record<string, unknown>>;
  /** The description of an agent changed. */
  "agent.changed": { readonly "description": string };
  /** An agent was created. */
  "agent.created": { readonly "name": string; readonly "description": string };
  /** An agent was deleted and its keys revoked. */
  "agent.deleted": { readonly "name": string };
  /** The former name of an agent became free. */
  "agent.name_released": { readonly "name": string };
  /** An agent got another name. */
  "agent.renamed": { readonly "name": string };
  /** An archived agent was taken up again. */
  "agent.restored": Readonly<Record<string, unknown>>;
  /** A person has seen an alert. */
  "alert.acknowledged": Readonly<Record<string, unknown>>;
  /** A run has more of something than a rule allows. Told once for each run and rule. */
  "alert.raised": { readonly "run_id": string; readonly "rule": string; readonly "measure": "cost_micros" | "turns" | "tool_errors_percent" | "seconds"; readonly "above": number; readonly "value": number; readonly "project_id": (string) | (null) };
  /** It was said what people want to be told of runs. */
  "alert_rules.set": { readonly "rules": readonly ({ readonly "name": string; readonly "measure": "cost_micros" | "turns" | "tool_errors_percent" | "seconds"; readonly "above": number; readonly "at_least"?: number; readonly "project_id": (string) | (null) })[] };
  /** An operator can prove itself with another authenticator. */
  "authenticator.enrolled": { readonly "operator_id": string; readonly "name": string; readonly "credential_id": string; readonly "public_key": string; readonly "sign_count": number; readonly "backup_eligible": boolean; readonly "transports": readonly (string)[] };
  /** An authenticator was revoked, for ever. */
  "authenticator.revoked": Readonly<Record<string, unknown>>;
  /** An operator proved itself. */
  "authenticator.used": { readonly "act": string; readonly "sign_count": number; readonly "backed_up": boolean; readonly "used_at": string };
  /** Nobody goes on with it; what was recorded stays. */
  "benchmark.abandoned": { readonly "name": string };
  /** Every run of every problem was recorded; these are the figures. */
  "benchmark.finished": { readonly "name": string; readonly "figures": { readonly "runs": number; readonly "solved": number; readonly "solved_at_once": number; readonly "candidates": number; readonly "calls": number; readonly "cost_micros": number; readonly "cost_micros_per_solved": (number) | (null); readonly "took_p50_ms": (number) | (null); readonly "took_p95_ms": (number) | (null); readonly "tiers": Readonly<Record<string, number>>; readonly "reasons": Readonly<Record<string, number>>; readonly "problems": number; readonly "pass": readonly ({ readonly "k": number; readonly "with_repair": (number) | (null); readonly "without_repair": (number) | (null) })[] } };
  /** One run of a problem ended; this is what came of it. */
  "benchmark.result_recorded": { readonly "run_id": string; readonly "is_solved": boolean; readonly "is_solved_at_once": boolean; readonly "reason": string; readonly "candidates": number; readonly "calls": number; readonly "cost_micros": number; readonly "took_ms": number; readonly "tiers": readonly (string)[]; readonly "tests_sha256": (string) | (null); readonly "problem": string; readonly "category": string; readonly "sample": number };
  /** It was said what is to be measured, and how. */
  "benchmark.started": { readonly "name": string; readonly "problem_set": string; readonly "problems_sha256": string; readonly "problems": number; readonly "samples": number; readonly "model": (string) | (null); readonly "max_repairs": number; readonly "cap_micros": (number) | (null); readonly "tiers": readonly ("docker" | "bubblewrap" | "wasm")[] };
  /** A story or an epic now needs another one: `from` needs `to`. */
  "dependency.added": { readonly "dependency_id": string; readonly "level": "story" | "epic"; readonly "from": { readonly "id": string; readonly "number": string; readonly "epic_id": string }; readonly "to": { readonly "id": string; readonly "number": string; readonly "epic_id": string } };
  /** A story or an epic no longer needs another one. */
  "dependency.removed": { readonly "dependency_id": string; readonly "level": "story" | "epic"; readonly "from": { readonly "id": string; readonly "number": string; readonly "epic_id": string }; readonly "to": { readonly "id": string; readonly "number": string; readonly "epic_id": string } };
  /** An agent was dispatched. Role, lineage and end stay for life. */
  "dispatch.created": { readonly "parent_id": (string) | (null); readonly "lineage": readonly (string)[]; readonly "role": "orchestrator" | "agent"; readonly "agent_id": string; readonly "story_id": (string) | (null); readonly "key_id": string; readonly "expires_at": string };
  /** A dispatch was revoked, by itself or with the ancestor that `by` names. */
  "dispatch.revoked": { readonly "root_id": string; readonly "by": string };
  /** The server committed to the seed of the next draw, before anybody could know what it is drawn for. */
  "draw.committed": { readonly "n": number; readonly "commitment": string };
  /** One dispatch of a pool was drawn by a seed that was committed to before; the event reveals it and commits to the next. */
  "draw.picked": { readonly "n": number; readonly "act": "review" | "verify"; readonly "story_id": string; readonly "pool": readonly (string)[]; readonly "chosen": string; readonly "seed": string; readonly "next_commitment": string };
  /** An epic was archived: nothing in it changes. */
  "epic.archived": Readonly<Record<string, unknown>>;
  /** Title or description of an epic changed. */
  "epic.changed": { readonly "title"?: string; readonly "description"?: string };
  /** The last story of an epic that was open was verified. */
  "epic.completed": Readonly<Record<string, unknown>>;
  /** An epic was added to a project. */
  "epic.created": { readonly "project_id": string; readonly "number": number; readonly "title": string; readonly "description": string };
  /** An empty epic was deleted. */
  "epic.deleted": { readonly "project_id": string; readonly "number"?: number };
  /** A completed epic got a story that is not verified, or lost its last one. */
  "epic.reopened": Readonly<Record<string, unknown>>;
  /** An archived epic was taken up again. */
  "epic.restored": Readonly<Record<string, unknown>>;
  /** Nobody goes on with it; what was recorded stays. */
  "evaluation.abandoned": { readonly "name": string };
  /** Every run of every case was recorded; these are the figures. */
  "evaluation.finished": { readonly "name": string; readonly "figures": { readonly "runs": number; readonly "solved": number; readonly "solved_at_once": number; readonly "candidates": number; readonly "calls": number; readonly "cost_micros": number; readonly "cost_micros_per_solved": (number) | (null); readonly "took_p50_ms": (number) | (null); readonly "took_p95_ms": (number) | (null); readonly "tiers": Readonly<Record<string, number>>; readonly "reasons": Readonly<Record<string, number>>; readonly "cases": number; readonly "scored": number; readonly "total": (number) | (null); readonly "completion": { readonly "mean": (number) | (null); readonly "runs": number }; readonly "steps": { readonly "mean": (number) | (null); readonly "runs": number }; readonly "cost": { readonly "mean": (number) | (null); readonly "runs": number }; readonly "loops": { readonly "mean": (number) | (null); readonly "runs": number }; readonly "solved_share": (number) | (null); readonly "worst": readonly ({ readonly "case": string; readonly "total": (number) | (null) })[] } };
  /** A run of an evaluation ended; this is what it did, and how it is scored. */
  "evaluation.result_recorded": { readonly "run_id": string; readonly "is_solved": boolean; readonly "is_solved_at_once": boolean; readonly "reason": string; readonly "candidates": number; readonly "calls": number; readonly "cost_micros": number; readonly "took_ms": number; readonly "tiers": readonly (string)[]; readonly "tests_sha256": (string) | (null); readonly "case": string; readonly "sample": number; readonly "case_sha256": string; readonly "tests": ({ readonly "passed": number; readonly "total": number }) | (null); readonly "steps": readonly ("classify" | "plan" | "code" | "merge" | "execute" | "review" | "repair")[]; readonly "repeats": number; readonly "score": { readonly "completion": (number) | (null); readonly "steps": (number) | (null); readonly "cost": (number) | (null); readonly "loops": (number) | (null); readonly "total": (number) | (null); readonly "of": { readonly "completion"?: number; readonly "steps"?: number; readonly "cost"?: number; readonly "loops"?: number } } };
  /** The run of a case was asked for, in the same commit. No other one counts for it. */
  "evaluation.run_requested": { readonly "case": string; readonly "sample": number; readonly "run_id": string };
  /** It was said by which revision of an evaluation set agents are evaluated, and with which settings. */
  "evaluation.started": { readonly "name": string; readonly "evaluation_set_id": string; readonly "set_name": string; readonly "revision": number; readonly "project_id": (string) | (null); readonly "cases": number; readonly "samples": number; readonly "model": (string) | (null); readonly "tiers": readonly ("docker" | "bubblewrap" | "wasm")[]; readonly "max_repairs": number; readonly "cap_micros": (number) | (null); readonly "classify": "heuristic" | "model"; readonly "tools": readonly ("run_code")[] };
  /** An evaluation set was archived: nothing is evaluated by it. */
  "evaluation_set.archived": Readonly<Record<string, unknown>>;
  /** Cases of an evaluation set were added, replaced or dropped. Several of these may make one revision. */
  "evaluation_set.cases_revised": { readonly "revision": number; readonly "put": readonly ({ readonly "name": string; readonly "language": "python" | "javascript"; readonly "prompt": { readonly "sha256": string; readonly "size": number }; readonly "tests": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "outcome": "solved" | "attempts" | "stuck" | "low_confidence" | "budget" | "deadline" | "model_error" | "plan_invalid" | "tests_invalid"; readonly "steps": ({ readonly "expected": readonly ("classify" | "plan" | "code" | "merge" | "execute" | "review" | "repair")[]; readonly "in_order": boolean; readonly "never": readonly ("classify" | "plan" | "code" | "merge" | "execute" | "review" | "repair")[] }) | (null); readonly "budget_micros": (number) | (null); readonly "max_candidates": (number) | (null); readonly "max_calls": (number) | (null); readonly "weights": { readonly "completion": number; readonly "steps": number; readonly "cost": number; readonly "loops": number } })[]; readonly "dropped": readonly (string)[] };
  /** The description of an evaluation set changed. */
  "evaluation_set.changed": { readonly "description": string };
  /** An evaluation set was created. */
  "evaluation_set.created": { readonly "name": string; readonly "description": string; readonly "project_id": (string) | (null) };
  /** An archived evaluation set was taken up again. */
  "evaluation_set.restored": Readonly<Record<string, unknown>>;
  /** A key was created. Its role and holder stay for life. */
  "key.created": { readonly "name": string; readonly "role": "user" | "orchestrator" | "agent" | "superadmin"; readonly "agent_id": (string) | (null); readonly "prefix": string; readonly "expires_at": (string) | (null); readonly "secret_hash": string; readonly "dispatch"?: { readonly "dispatch_id": string; readonly "lineage": readonly (string)[]; readonly "story_id": (string) | (null) } };
  /** An expired key made room for another. */
  "key.expired": { readonly "agent_id": (string) | (null) };
  /** A key got another name. */
  "key.renamed": { readonly "name": string };
  /** What a key was suspended with works again. */
  "key.resumed": { readonly "by": "tenant" | "agent" };
  /** A key was revoked, for ever. */
  "key.revoked": { readonly "agent_id": (string) | (null) };
  /** A key got another secret. */
  "key.rotated": { readonly "prefix": string; readonly "secret_hash": string; readonly "grace_until": (string) | (null) };
  /** A key stopped with its tenant or its agent. */
  "key.suspended": { readonly "by": "tenant" | "agent" };
  /** Address, models, prices or the key of a model endpoint changed. */
  "model_endpoint.changed": { readonly "base_url"?: (string) | (null); readonly "models"?: readonly ({ readonly "name": string; readonly "price": ({ readonly "input": number; readonly "cached": number; readonly "output": number }) | (null) })[]; readonly "description"?: string; readonly "secret_id"?: (string) | (null); readonly "secret_last_four"?: (string) | (null) };
  /** A place was added where models are asked. */
  "model_endpoint.created": { readonly "name": string; readonly "kind": "openai" | "anthropic" | "compatible" | "scripted"; readonly "base_url": (string) | (null); readonly "models": readonly ({ readonly "name": string; readonly "price": ({ readonly "input": number; readonly "cached": number; readonly "output": number }) | (null) })[]; readonly "description": string; readonly "secret_id": (string) | (null); readonly "secret_last_four": (string) | (null) };
  /** A model endpoint was removed. */
  "model_endpoint.deleted": { readonly "name": string };
  /** A model endpoint is not asked until it is enabled again. */
  "model_endpoint.disabled": Readonly<Record<string, unknown>>;
  /** A model endpoint is asked again. */
  "model_endpoint.enabled": Readonly<Record<string, unknown>>;
  /** It was said which models are asked, and what they may cost. */
  "model_routing.set": { readonly "complexity": { readonly "simple": readonly (string)[]; readonly "medium": readonly (string)[]; readonly "hard": readonly (string)[] }; readonly "purposes": { readonly "classify": readonly (string)[]; readonly "plan": readonly (string)[]; readonly "code": readonly (string)[]; readonly "review": readonly (string)[] }; readonly "caps": { readonly "call": (number) | (null); readonly "run": (number) | (null); readonly "project_day": (number) | (null); readonly "tenant_day": (number) | (null) }; readonly "thresholds"?: { readonly "medium": number; readonly "hard": number } };
  /** A person became operator of the tenant. */
  "operator.enlisted": { readonly "name": string; readonly "email": string };
  /** A plan state was deleted. Its versions stay in the log. */
  "plan_state.deleted": { readonly "project_id": string; readonly "key": string };
  /** An orchestrator saved what it works from; the version of the stream counts the times. */
  "plan_state.saved": { readonly "project_id": string; readonly "key": string; readonly "state": Readonly<Record<string, unknown>> };
  /** A project was archived: nothing in it changes. */
  "project.archived": Readonly<Record<string, unknown>>;
  /** Name or description of a project changed. */
  "project.changed": { readonly "name"?: string; readonly "description"?: string };
  /** A project was created. */
  "project.created": { readonly "name": string; readonly "slug": string; readonly "description": string };
  /** An empty project was deleted. */
  "project.deleted": { readonly "slug": string };
  /** An archived project was taken up again. */
  "project.restored": Readonly<Record<string, unknown>>;
  /** It was said how the stories of a project are verified. */
  "project.verification_set": { readonly "mode": "attested" | "executed"; readonly "git_remote": string; readonly "tests_ref": string; readonly "tests_folder": string; readonly "base": "none" | "parent" | "tests_ref"; readonly "runner": "unittest" | "pytest" | "node" };
  /** A human let a run begin that waited for it. */
  "run.approved": Readonly<Record<string, unknown>>;
  /** Somebody asked for a run to be ended. */
  "run.cancel_requested": Readonly<Record<string, unknown>>;
  /** A run was ended because somebody asked for it. */
  "run.cancelled": { readonly "fence": (number) | (null); readonly "best": (number) | (null) };
  /** It was judged how hard the task is; that decides which models are asked. */
  "run.classified": { readonly "fence": number; readonly "complexity": "simple" | "medium" | "hard"; readonly "confidence": number; readonly "by": "heuristic" | "model" };
  /** A part of the plan was written. */
  "run.code_generated": { readonly "fence": number; readonly "subtask": string; readonly "code": { readonly "sha256": string; readonly "size": number } };
  /** All parts became one program: the first candidate. */
  "run.code_merged": { readonly "fence": number; readonly "candidate": number; readonly "code": { readonly "sha256": string; readonly "size": number } };
  /** A candidate was executed. `sandbox_error` is ours and says nothing of the code. */
  "run.execution_finished": { readonly "fence": number; readonly "candidate": number; readonly "tier": "docker" | "bubblewrap" | "wasm"; readonly "verdict": "ok" | "nonzero" | "timeout_wall" | "timeout_cpu" | "oom" | "output_limit" | "pids" | "sandbox_error"; readonly "exit_code": (number) | (null); readonly "tests": ({ readonly "passed": number; readonly "failed": number; readonly "errors": number }) | (null); readonly "is_solved": boolean; readonly "error_class": ("syntax" | "runtime" | "logic" | "import" | "timeout" | "memory") | (null); readonly "failure": (string) | (null); readonly "failures": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "stdout": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "stderr": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "ready_ms": number; readonly "run_ms": number; readonly "artifacts": readonly ({ readonly "name": string; readonly "content": { readonly "sha256": string; readonly "size": number } })[]; readonly "trouble": (string) | (null) };
  /** A candidate goes into a sandbox. */
  "run.execution_started": { readonly "fence": number; readonly "candidate": number; readonly "attempt": number };
  /** A run ended without it; the best candidate is named. */
  "run.failed": { readonly "fence": number; readonly "reason": "budget" | "attempts" | "stuck" | "low_confidence" | "deadline" | "sandbox_unavailable" | "sandbox_error" | "model_error" | "plan_invalid" | "tests_invalid" | "not_verified" | "worker_failed"; readonly "detail": string; readonly "best": (number) | (null) };
  /** What a review proposed became the next candidate. */
  "run.fix_applied": { readonly "fence": number; readonly "candidate": number; readonly "of": number; readonly "code": { readonly "sha256": string; readonly "size": number } };
  /** A model was asked, and answered or not. Each attempt is one such event, with its own cost. */
  "run.model_called": { readonly "fence": number; readonly "call": number; readonly "purpose": "classify" | "plan" | "code" | "review"; readonly "attempt": number; readonly "endpoint": string; readonly "asked_model": string; readonly "served_model": (string) | (null); readonly "prompt": { readonly "sha256": string; readonly "size": number }; readonly "prompt_version": string; readonly "output": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "tool_calls"?: readonly ({ readonly "name": "run_code"; readonly "arguments": { readonly "sha256": string; readonly "size": number } })[]; readonly "tokens": ({ readonly "input": number; readonly "cached": number; readonly "output": number; readonly "reasoning": number }) | (null); readonly "price_version": (string) | (null); readonly "reserved_micros": number; readonly "cost_micros": number; readonly "latency_ms": number; readonly "first_token_ms": (number) | (null); readonly "finish_reason": (string) | (null); readonly "error": ({ readonly "class": string; readonly "detail": string }) | (null) };
  /** The task was split into parts; the last one puts them together. */
  "run.planned": { readonly "fence": number; readonly "subtasks": readonly ({ readonly "id": string; readonly "title": string; readonly "depends_on": readonly (string)[]; readonly "complexity": "simple" | "medium" | "hard" })[] };
  /** Somebody asked for work to be done by agents. */
  "run.requested": { readonly "kind": "solve" | "verify"; readonly "project_id": (string) | (null); readonly "story_id": (string) | (null); readonly "language": "python" | "javascript"; readonly "prompt": string; readonly "tests": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "model": (string) | (null); readonly "tiers": readonly ("docker" | "bubblewrap" | "wasm")[]; readonly "limits": { readonly "max_repairs": number; readonly "max_calls": number; readonly "cap_micros": (number) | (null); readonly "deadline_s": number; readonly "wall_ms": number; readonly "memory_bytes": number }; readonly "classify": "heuristic" | "model"; readonly "tools"?: readonly ("run_code")[]; readonly "needs_approval": boolean; readonly "retry_of": (string) | (null); readonly "order"?: { readonly "mode": "attested" | "executed"; readonly "git_remote": string; readonly "tests_ref": string; readonly "tests_folder": string; readonly "base": "none" | "parent" | "tests_ref"; readonly "runner": "unittest" | "pytest" | "node"; readonly "story_id": string; readonly "commit": string; readonly "cycle": number; readonly "criteria_revision": number; readonly "criteria": readonly ({ readonly "binding": (string) | (null); readonly "note": (string) | (null) })[] }; readonly "labels": Readonly<Record<string, string>> };
  /** A run goes on later: what it needs was not there. */
  "run.rested": { readonly "fence": number; readonly "until": string; readonly "reason": "model_unavailable" | "sandbox_error" | "worker_stopped" };
  /** A model said why a candidate failed and how to mend it. */
  "run.review_completed": { readonly "fence": number; readonly "candidate": number; readonly "root_cause": string; readonly "error_class": "syntax" | "runtime" | "logic" | "import" | "timeout" | "memory"; readonly "fix": string; readonly "code": ({ readonly "sha256": string; readonly "size": number }) | (null); readonly "confidence": number; readonly "changes": readonly (string)[] };
  /** A run reached what it was asked for. */
  "run.succeeded": { readonly "fence": number; readonly "candidate": (number) | (null) };
  /** A worker goes on with a run. What a former one still writes is refused. */
  "run.taken": { readonly "worker": string; readonly "fence": number; readonly "deadline_at": string };
  /** A tool was used because a model called it. Whoever repeats the step finds the result here. */
  "run.tool_used": { readonly "fence": number; readonly "purpose": "classify" | "plan" | "code" | "review"; readonly "tool": "run_code"; readonly "arguments": { readonly "sha256": string; readonly "size": number }; readonly "result": { readonly "sha256": string; readonly "size": number }; readonly "tier": ("docker" | "bubblewrap" | "wasm") | (null); readonly "verdict": ("ok" | "nonzero" | "timeout_wall" | "timeout_cpu" | "oom" | "output_limit" | "pids" | "sandbox_error") | (null); readonly "run_ms": number };
  /** What was handed in was run again. It passed when nothing speaks against it. */
  "run.verification_judged": { readonly "fence": number; readonly "is_passed": boolean; readonly "reasons": readonly (string)[]; readonly "statement": { readonly "sha256": string; readonly "size": number } };
  /** A session ended before its time. */
  "session.ended": Readonly<Record<string, unknown>>;
  /** An operator signed in. */
  "session.started": { readonly "operator_id": string; readonly "authenticator_id": string; readonly "started_at": string; readonly "expires_at": string };
  /** The tenant got a key to sign with, from now on the one in force for its purpose. */
  "signing_key.created": { readonly "purpose": "log" | "capability" | "runner"; readonly "public_key": string; readonly "succession": ({ readonly "replaces": string; readonly "signature": string }) | (null) };
  /** Another key took over. What this one signed before stays valid. */
  "signing_key.retired": { readonly "replaced_by": string };
  /** A story was archived: nothing in it changes. */
  "story.archived": Readonly<Record<string, unknown>>;
  /** Something that the work brought about was named. */
  "story.artifact_added": { readonly "artifact": { readonly "name": string; readonly "url"?: string; readonly "sha256"?: string } };
  /** A story that nobody ever took on was recorded as done before. */
  "story.backfilled": { readonly "epic_id": string; readonly "reason": string; readonly "evidence_url": string };
  /** A granted act was done. */
  "story.capability_consumed": { readonly "jti": string; readonly "act": "start" | "report" | "review" | "verify" };
  /** One act on a story was granted to one lineage, once. */
  "story.capability_granted": { readonly "jti": string; readonly "act": "start" | "report" | "review" | "verify"; readonly "dispatch_id": string; readonly "lineage_hash": string; readonly "token_hash": string; readonly "version": number; readonly "issued_at": string; readonly "expires_at": string };
  /** A granted act may not be done any more. */
  "story.capability_voided": { readonly "jti": string; readonly "act": "start" | "report" | "review" | "verify" };
  /** Title, description, priority or estimate of a story changed. */
  "story.changed": { readonly "title"?: string; readonly "description"?: string; readonly "priority"?: number; readonly "estimate"?: (number) | (null) };
  /** An agent claimed a story for the time of a lease. */
  "story.claimed": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "fence": number; readonly "lease_seconds": number; readonly "lease_until": string };
  /** An agent said what a story asks for, and took it on. */
  "story.contracted": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "criteria_revision": number; readonly "criteria_hash": string };
  /** A story was added to an epic, with the first revision of its criteria. */
  "story.created": { readonly "project_id": string; readonly "epic_id": string; readonly "number": string; readonly "title": string; readonly "description": string; readonly "priority": number; readonly "estimate": (number) | (null); readonly "criteria": readonly ({ readonly "text": string; readonly "binding": (string) | (null) })[] };
  /** The acceptance criteria of a story got a new revision. */
  "story.criteria_revised": { readonly "revision": number; readonly "criteria": readonly ({ readonly "text": string; readonly "binding": (string) | (null) })[] };
  /** A story was deleted. Its history stays in the log. */
  "story.deleted": { readonly "epic_id": string; readonly "project_id"?: string; readonly "number"?: string };
  /** A story was taken from whoever held it. */
  "story.force_unclaimed": { readonly "reason": string };
  /** The lease of a story ran out, and it is pending again. */
  "story.lapsed": { readonly "fence": number; readonly "lease_until": string };
  /** Whoever holds a story showed that the work goes on. */
  "story.lease_extended": { readonly "lease_until": string; readonly "note": (string) | (null) };
  /** What was handed in was rejected, and the story is pending again. */
  "story.rejected": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "reason": string };
  /** The reviewer reported that the story is done. */
  "story.reported": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] } };
  /** An archived story was taken up again. */
  "story.restored": Readonly<Record<string, unknown>>;
  /** The review of what was handed in after that claim is complete. */
  "story.review_completed": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "findings": number; readonly "fixes": number; readonly "disproved": number; readonly "notes": (string) | (null); readonly "fence": number };
  /** The work on a story was handed in. */
  "story.review_requested": { readonly "commit": string; readonly "artifacts": readonly ({ readonly "name": string; readonly "url"?: string; readonly "sha256"?: string })[]; readonly "signals"?: { readonly "tool_calls"?: number; readonly "tokens"?: number; readonly "tests_run"?: number; readonly "seconds"?: number }; readonly "suspicion"?: number; readonly "second_review"?: boolean };
  /** Nobody unrelated was there to review a story; it waits for a draw. */
  "story.reviewer_needed": Readonly<Record<string, unknown>>;
  /** A draw chose who reviews a story. */
  "story.reviewer_picked": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "draw": number };
  /** The second review of what was handed in after that claim is complete. */
  "story.second_review_completed": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "findings": number; readonly "fixes": number; readonly "disproved": number; readonly "notes": (string) | (null); readonly "fence": number };
  /** Nobody unrelated was there to review suspicious work once more; it goes on without. */
  "story.second_review_skipped": Readonly<Record<string, unknown>>;
  /** A draw chose who reviews suspicious work once more. */
  "story.second_reviewer_picked": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "draw": number };
  /** Work on a story began. */
  "story.started": Readonly<Record<string, unknown>>;
  /** Whoever held a story gave it back. */
  "story.unclaimed": Readonly<Record<string, unknown>>;
  /** What was handed in was run again, and not verified; without a statement it was not judged at all. */
  "story.verification_failed": { readonly "run_id": string; readonly "reasons": readonly (string)[]; readonly "statement": ({ readonly "sha256": string; readonly "size": number }) | (null) };
  /** What was handed in was run again, and every test that the criteria name was seen to pass. */
  "story.verification_passed": { readonly "run_id": string; readonly "statement": { readonly "sha256": string; readonly "size": number } };
  /** The verifier had what was handed in run again; the story is verified when that passes. */
  "story.verification_requested": { readonly "run_id": string; readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "evidence": string; readonly "fence": number };
  /** The verification of a story does not hold any more. */
  "story.verification_voided": { readonly "epic_id": string; readonly "cause": "rejected" | "criteria_revised" | "deleted" };
  /** An independent verifier says that the story is done. */
  "story.verified": { readonly "epic_id": string; readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "method": "executed" | "attested"; readonly "evidence": string; readonly "attestations"?: readonly ({ readonly "criterion": number; readonly "note": string })[]; readonly "took"?: { readonly "signals": { readonly "tool_calls"?: number; readonly "tokens"?: number; readonly "tests_run"?: number; readonly "seconds"?: number }; readonly "criteria": number } };
  /** Nobody unrelated was there to verify a story; it waits for a draw. */
  "story.verifier_needed": Readonly<Record<string, unknown>>;
  /** A draw chose who verifies a story. */
  "story.verifier_picked": { readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "draw": number };
  /** The name of the tenant changed. */
  "tenant.changed": { readonly "name": string };
  /** A tenant was founded. Its slug is unique over the platform and stays for ever. */
  "tenant.founded": { readonly "name": string; readonly "slug": string };
  /** A person has seen the evidence and opened custody again. */
  "tenant.halt_lifted": { readonly "evidence_hash": string };
  /** Custody stopped, because it was shown that the log is not what it was. */
  "tenant.halted": { readonly "evidence": { readonly "kind": "checkpoints_differ" | "log_departed" | "chain_broken"; readonly "checkpoints": readonly (string)[]; readonly "position": number; readonly "promised": (string) | (null); readonly "found": (string) | (null) }; readonly "evidence_hash": string };
  /** The platform said how much of something the tenant may have at a time. */
  "tenant.quotas_set": { readonly "max_stories": (number) | (null); readonly "max_dispatches": (number) | (null); readonly "max_runs"?: (number) | (null); readonly "requests_per_key"?: (number) | (null); readonly "requests_per_tenant"?: (number) | (null) };
  /** A suspended tenant works again. */
  "tenant.resumed": Readonly<Record<string, unknown>>;
  /** The tenant was suspended: none of its keys works. */
  "tenant.suspended": Readonly<Record<string, unknown>>;
  /** Address, filter or description of an endpoint changed. */
  "webhook.changed": { readonly "url"?: string; readonly "event_types"?: readonly (string)[]; readonly "project_id"?: (string) | (null); readonly "description"?: string; readonly "ordering"?: "none" | "subject" };
  /** An endpoint was added. It gets events from now on. */
  "webhook.created": { readonly "url": string; readonly "event_types": readonly (string)[]; readonly "project_id": (string) | (null); readonly "description": string; readonly "ordering": "none" | "subject"; readonly "secret_id": string };
  /** An endpoint was removed. */
  "webhook.deleted": Readonly<Record<string, unknown>>;
  /** An endpoint gets no more events: an operator said so, it answered 410, or it failed for days. */
  "webhook.disabled": { readonly "reason": "operator" | "gone" | "failing" };
  /** A disabled endpoint gets events again. */
  "webhook.enabled": Readonly<Record<string, unknown>>;
  /** An endpoint that the server had disabled takes deliveries again. */
  "webhook.recovered": Readonly<Record<string, unknown>>;
  /** An endpoint got another secret; until the given time the former one signs as well. */
  "webhook.secret_rotated": { readonly "secret_id": string; readonly "former_until": (string) | (null) };
}

/** What every event has beside its type and its data. */
export type EventFrame = { readonly "position": number; readonly "id": string; readonly "tenant_id": string; readonly "stream": { readonly "type": string; readonly "id": string }; readonly "version": number; readonly "schema": number; readonly "project_id": (string) | (null); readonly "actor": { readonly "kind": "key" | "session" | "system"; readonly "key_id": (string) | (null); readonly "agent_id": (string) | (null); readonly "role": "agent" | "orchestrator" | "user" | "superadmin"; readonly "lineage": readonly (string)[]; readonly "story_id"?: string; readonly "impersonating"?: true; readonly "step_up"?: { readonly "authenticator_id": string; readonly "act": string } }; readonly "command_id": string; readonly "correlation_id": string; readonly "causation_id": (string) | (null); readonly "recorded_at": string; readonly "leaf_hash": string; readonly "chain_hash": string };

export type Agent = { readonly "id": string; readonly "version": number; readonly "created_at": string; readonly "updated_at": string; readonly "name": string; readonly "description": string; readonly "status": "active" | "archived" };

export type Dispatch = { readonly "id": string; readonly "version": number; readonly "created_at": string; readonly "updated_at": string; readonly "parent_id": (string) | (null); readonly "lineage": readonly (string)[]; readonly "role": "orchestrator" | "agent"; readonly "agent_id": string; readonly "story_id": (string) | (null); readonly "key_id": string; readonly "expires_at": string; readonly "status": "active" | "revoked" | "expired" };

export type Epic = { readonly "id": string; readonly "version": number; readonly "created_at": string; readonly "updated_at": string; readonly "project_id": string; readonly "number": number; readonly "title": string; readonly "description": string; readonly "is_complete": boolean; readonly "status": "active" | "archived" };

export type Key = { readonly "id": string; readonly "version": number; readonly "created_at": string; readonly "updated_at": string; readonly "name": string; readonly "role": "user" | "orchestrator" | "agent"; readonly "agent_id": (string) | (null); readonly "prefix": string; readonly "expires_at": (string) | (null); readonly "dispatch_id": (string) | (null); readonly "status": "active" | "suspended" | "revoked" | "expired" };

export type Project = { readonly "id": string; readonly "version": number; readonly "created_at": string; readonly "updated_at": string; readonly "name": string; readonly "slug": string; readonly "description": string; readonly "verification": ({ readonly "mode": "attested" | "executed"; readonly "git_remote": string; readonly "tests_ref": string; readonly "tests_folder": string; readonly "base": "none" | "parent" | "tests_ref"; readonly "runner": "unittest" | "pytest" | "node" }) | (null); readonly "status": "active" | "archived" };

export type Story = { readonly "id": string; readonly "version": number; readonly "created_at": string; readonly "updated_at": string; readonly "project_id": string; readonly "epic_id": string; readonly "number": string; readonly "title": string; readonly "description": string; readonly "priority": number; readonly "estimate": (number) | (null); readonly "criteria": readonly ({ readonly "text": string; readonly "binding": (string) | (null) })[]; readonly "criteria_revision": number; readonly "agent_status": "pending" | "contracted" | "assigned" | "implementing" | "in_review" | "reported_done"; readonly "verified_status": "unverified" | "verified" | "rejected"; readonly "verified_method": ("executed" | "attested" | "backfilled") | (null); readonly "custody": ({ readonly "fence": number; readonly "contract": ({ readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "criteria_revision": number; readonly "criteria_hash": string }) | (null); readonly "implementer": ({ readonly "agent_id": string; readonly "lineage": readonly (string)[] }) | (null); readonly "lease_until": (string) | (null); readonly "commit": (string) | (null); readonly "artifacts": readonly ({ readonly "name": string; readonly "url"?: string; readonly "sha256"?: string })[]; readonly "waits_for": ("reviewer" | "verifier") | (null); readonly "reviewer": ({ readonly "agent_id": string; readonly "lineage": readonly (string)[] }) | (null); readonly "reporter": ({ readonly "agent_id": string; readonly "lineage": readonly (string)[] }) | (null); readonly "review": ({ readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "findings": number; readonly "fixes": number; readonly "disproved": number; readonly "notes": (string) | (null) }) | (null); readonly "signals": ({ readonly "tool_calls"?: number; readonly "tokens"?: number; readonly "tests_run"?: number; readonly "seconds"?: number }) | (null); readonly "suspicion": (number) | (null); readonly "second_review": ({ readonly "status": "due" | "open" | "complete" | "skipped"; readonly "reviewer": ({ readonly "agent_id": string; readonly "lineage": readonly (string)[] }) | (null); readonly "review": ({ readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "findings": number; readonly "fixes": number; readonly "disproved": number; readonly "notes": (string) | (null) }) | (null) }) | (null); readonly "verifier": ({ readonly "agent_id": string; readonly "lineage": readonly (string)[] }) | (null); readonly "verification_run": ({ readonly "run_id": string; readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "evidence": string; readonly "status": "running" | "passed" | "failed"; readonly "reasons": readonly (string)[]; readonly "statement": ({ readonly "sha256": string; readonly "size": number }) | (null) }) | (null); readonly "verification": ({ readonly "by": ({ readonly "agent_id": string; readonly "lineage": readonly (string)[] }) | (null); readonly "evidence": string }) | (null); readonly "rejection": ({ readonly "by": { readonly "agent_id": string; readonly "lineage": readonly (string)[] }; readonly "reason": string }) | (null) }) | (null); readonly "status": "active" | "archived" };
