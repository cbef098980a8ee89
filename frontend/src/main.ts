import "./app.css";
import { mount } from "svelte";
import { HttpClient } from "./api/http";
import App from "./views/App.svelte";

mount(App, { target: document.getElementById("app") as HTMLElement, props: { client: new HttpClient() } });
