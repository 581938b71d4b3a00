/** Formats of `causeway report --format`. */
export const reportFormats = ["text", "markdown", "json"] as const;

/** One format of the report. */
export type ReportFormat = (typeof reportFormats)[number];

/** Languages of the report. */
export const reportLanguages = ["en", "zh"] as const;
