import "./app.css";
import { mount } from "svelte";
import { HttpClient } from "./api/http";
import App from "./views/app/App.svelte";

// The server has swapped the token for a cookie: it must not linger in links or in the history.
const here = new URL(location.href);
if (here.searchParams.has("token")) {
  here.searchParams.delete("token");
  history.replaceState(null, "", here);
}

mount(App, { target: document.getElementById("app") as HTMLElement, props: { client: new HttpClient() } });
