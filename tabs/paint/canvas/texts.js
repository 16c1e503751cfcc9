// A text in the language of the page; holes {0}, {1}, … are filled with the values.
const t = window.ganvasText;
