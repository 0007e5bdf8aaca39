rootProject.name = "wiring-gradle"
