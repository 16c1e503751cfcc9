// Runs once, when the tab is first opened; `element`, `props`, `server`, `trigger` and `watch` are
// what Gradio gives a component.

const studio = new Studio(element.querySelector(".studio"), server, trigger);
buildTools(studio);
listen(studio);
markTool(studio);
window.ganvasPaint = studio;

watch("legend", () => props.legend && studio.setLegend(props.legend));
watch("arrival", () => props.arrival && studio.arrive(props.arrival));
watch("problem", () => props.problem && studio.refuse(props.problem));
trigger("opened");
