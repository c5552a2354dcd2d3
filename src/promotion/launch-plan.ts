import type { PhaseName, ThresholdName } from './launch-names.rules.ts';

/** What a launch is held to, agreed before anybody signs. Members by their ids, times RFC 3339. */
export type LaunchPlan = {
  criteria: {
    /** Of the checks that concern the review, how many have to hold. */
    checksPercent: number;
    waiversMost: number;
    /** The member who decides. */
    decides: string;
  };
  thresholds: Threshold[];
  window: { from: string; until: string };
  steps: PlanStep[];
  /** Gone through on staging; null: not yet. */
  walkedThrough: { at: string; minutes: number } | null;
  /** How traffic grows; empty: at once. */
  rampUp: RampStep[];
  phases: PlanPhase[];
  /** What is demanded of performance, and the checks that decide it. */
  requirements: { demand: string; checks: string[] }[];
  /** What recurs: done when its check was found to hold, or attested. */
  duties: { name: string; check: string; everyDays: number; owner: string; nextAt: string }[];
  /** Templates of the sandbox that are needed, with their twins in production. */
  carriedOver: { templates: { sandbox: string; production: string }[] };
  /** The review after the launch; null: not fixed. */
  retrospective: Retrospective | null;
};

/** From what value on, for how long, it is gone back; who decides, and what is done then. Values are of the last hour. */
export type Threshold = {
  name: ThresholdName;
  limit: number;
  forSeconds: number;
  decides: string;
  action: string;
};

type PlanStep = {
  when: 'before' | 'during' | 'after';
  title: string;
  owner: string;
  at: string;
  minutes: number;
  /** A command, or the id of a check. */
  action: string;
  stopIf: string;
};

/** From `from` on, up to so many calls in the window: a budget of the connection. */
type RampStep = {
  percent: number;
  from: string;
  connection: string;
  budget: string;
  limit: number;
  windowMs: number;
};

/** Who watches in a phase, and how often is looked. `checks`: empty for all of the review. */
type PlanPhase = {
  name: PhaseName;
  everyMinutes: number;
  checks: string[];
  reviewer: string;
  deputy: string;
};

type Retrospective = {
  at: string;
  /** Null: not held yet. */
  minutes: { causes: string; actions: { what: string; owner: string; dueAt: string; doneAt: string | null }[] } | null;
};

/** A version of a plan: the newest is in force. */
export type PlanOnRecord = { version: number; plan: LaunchPlan; setBy: string; setAt: string };
