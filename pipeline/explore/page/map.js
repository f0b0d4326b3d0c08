"use strict";
function showMap() {}
