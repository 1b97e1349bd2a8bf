/** Under these names the editors keep their texts. */
export const RULES_TEXT = 'waf-rules';
export const REQUEST_TEXT = 'waf-request';
