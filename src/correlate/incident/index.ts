export { STAGES, type Stage, stageOf, tacticOf, techniqueName } from './attack.ts';
export type { Incident, IncidentChange, IncidentStep, Severity } from './incident.ts';
export { type IncidentOptions, type IncidentQuestion, Incidents } from './incidents.ts';
export { type LoadedIncidents, loadIncidents, saveIncidents } from './snapshot.ts';
